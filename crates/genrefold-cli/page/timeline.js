// The probabilities of the genres over the song, stacked: a height of one is certainty.

import { Chart, across } from "./chart.js";
import { colour } from "./colours.js";
import { drawn } from "./dom.js";
import { percent } from "./format.js";

/** @typedef {import("./types").Plane} Plane */
/** @typedef {import("./types").Moment} Moment */
/** @typedef {{ from: number, to: number, clips: Moment[] }} Run clips without silence between, and their seconds */

/** A genre's name stands in its area where that is at least this high, CSS pixels. */
const NAMED = 17;
/** Width of a letter of it, about. */
const LETTER = 7.2;
/** How far apart the places are at which a name might stand. */
const LOOKED = 6;

/** The stacked areas. */
export class Timeline extends Chart {
  /** @param {string[]} genres the model's */
  constructor(genres) {
    super("Which genre, when", "middle");
    this.genres = genres;
    /** @type {Moment[]} */
    this.clips = [];
    /** @type {string[]} the likeliest of the song first: it lies at the bottom */
    this.order = [];
  }

  /**
   * @param {Moment[]} clips
   * @param {string[]} order
   */
  show(clips, order) {
    [this.clips, this.order] = [clips, order];
    const silent = clips.filter((clip) => clip.genres === null).length;
    const told = changes(clips).join(", then ");
    this.describe(`Genre over time: ${told}.${silent > 0 ? ` ${silent} of ${clips.length} clips are silent.` : ""}`);
  }

  /** @param {Plane} plane */
  draw(plane) {
    const { bottom } = this.begin(plane);
    if (this.clips.length > 0) {
      for (const gap of silences(this.clips, plane.seconds)) this.gap(plane, gap, bottom);
      for (const run of runs(this.clips, plane.seconds)) this.areas(plane, run, bottom);
    }
    for (const share of [0, 0.5, 1])
      this.mark(plane, bottom * (1 - share) || 0.5, percent(share).replace("\u00a0", ""), "tick");
    this.timeAxis(plane, bottom);
  }

  /**
   * @param {Plane} plane
   * @param {{ from: number, to: number }} gap
   * @param {number} bottom
   */
  gap(plane, { from, to }, bottom) {
    const [x, end] = [across(plane, from), across(plane, to)];
    this.drawing.append(drawn("rect", { class: "silence", x, y: 0, width: Math.max(0, end - x), height: bottom }));
    if (end - x < 50) return;
    this.drawing.append(
      drawn("text", { class: "silent", x: (x + end) / 2, y: bottom / 2 + 4, "text-anchor": "middle" }, "silent"),
    );
  }

  /**
   * @param {Plane} plane
   * @param {Run} run
   * @param {number} bottom
   */
  areas(plane, run, bottom) {
    const xs = [run.from, ...run.clips.map(centre), run.to].map((seconds) => across(plane, seconds));
    const clips = [run.clips[0], ...run.clips, run.clips.at(-1)];
    let under = xs.map(() => 0);
    const names = drawn("g", { class: "names", "aria-hidden": "true" });
    for (const genre of this.order) {
      const lower = under;
      const upper = clips.map((clip, at) => (lower[at] ?? 0) + (clip?.genres?.[genre] ?? 0));
      under = upper;
      const kind = colour(this.genres.indexOf(genre));
      const y = (/** @type {number} */ share) => (bottom * (1 - Math.min(1, share))).toFixed(1);
      const top = xs.map((x, at) => `${x.toFixed(1)},${y(upper[at] ?? 0)}`);
      const base = xs.map((x, at) => `${x.toFixed(1)},${y(lower[at] ?? 0)}`).reverse();
      const d = `M${[...top, ...base].join("L")}Z`;
      this.drawing.append(drawn("path", { class: `area ${kind}`, d, "data-genre": genre }));
      if (kind.endsWith("again")) this.drawing.append(drawn("path", { class: "hatch", d, fill: "url(#hatch)" }));
      const place = roomiest(xs, lower, upper, bottom, genre.length * LETTER);
      if (place !== null)
        names.append(drawn("text", { class: kind, x: place.x, y: place.y + 4, "text-anchor": "middle" }, genre));
    }
    this.drawing.append(names);
  }
}

/**
 * Where an area has most room for its name.
 * @param {number[]} xs
 * @param {number[]} lower
 * @param {number[]} upper
 * @param {number} bottom
 * @param {number} width of the name
 */
function roomiest(xs, lower, upper, bottom, width) {
  let best = null;
  const [first, last, half] = [xs[0] ?? 0, xs.at(-1) ?? 0, width / 2 + 3];
  for (let x = first + half; x <= last - half; x += LOOKED) {
    // The edges are straight between the clips: the narrowest place is at an end of the name or at a clip below it.
    const places = [x - half, x + half, ...xs.filter((other) => Math.abs(other - x) < half)];
    const from = Math.max(...places.map((place) => between(xs, lower, place)));
    const to = Math.min(...places.map((place) => between(xs, upper, place)));
    const height = (to - from) * bottom;
    // Nearly as high and nearer to the middle is better.
    const worth = height - (6 * Math.abs(2 * x - first - last)) / (last - first);
    if (height >= NAMED && worth > (best?.worth ?? -Infinity)) best = { x, y: bottom * (1 - (from + to) / 2), worth };
  }
  return best;
}

/**
 * The height of an edge at a place between two of its points.
 * @param {number[]} xs
 * @param {number[]} heights
 * @param {number} x
 */
function between(xs, heights, x) {
  const after = Math.max(
    1,
    xs.findIndex((other) => other >= x),
  );
  const [left, right] = [xs[after - 1] ?? 0, xs[after] ?? 0];
  const share = right > left ? (x - left) / (right - left) : 0;
  return (heights[after - 1] ?? 0) * (1 - share) + (heights[after] ?? 0) * share;
}

/** @param {Moment} clip */
function centre(clip) {
  return (clip.start + clip.end) / 2;
}

/**
 * The clips in runs without silence. A clip stands for the time up to halfway to its neighbours.
 * @param {Moment[]} clips
 * @param {number} seconds
 * @returns {Run[]}
 */
export function runs(clips, seconds) {
  /** @type {Run[]} */
  const runs = [];
  clips.forEach((clip, at) => {
    if (clip.genres === null) return;
    const { from, to } = share(clips, at, seconds);
    const last = runs.at(-1);
    if (last !== undefined && clips[at - 1]?.genres) {
      last.clips.push(clip);
      last.to = to;
    } else runs.push({ from, to, clips: [clip] });
  });
  return runs;
}

/**
 * @param {Moment[]} clips
 * @param {number} seconds
 */
function silences(clips, seconds) {
  /** @type {{ from: number, to: number }[]} */
  const gaps = [];
  clips.forEach((clip, at) => {
    if (clip.genres !== null) return;
    const { from, to } = share(clips, at, seconds);
    const last = gaps.at(-1);
    if (last !== undefined && clips[at - 1]?.genres === null) last.to = to;
    else gaps.push({ from, to });
  });
  return gaps;
}

/**
 * The seconds that a clip stands for.
 * @param {Moment[]} clips
 * @param {number} at
 * @param {number} seconds
 */
function share(clips, at, seconds) {
  const [before, clip, after] = [clips[at - 1], clips[at], clips[at + 1]];
  const middle = clip === undefined ? 0 : centre(clip);
  return {
    from: before === undefined ? 0 : (centre(before) + middle) / 2,
    to: after === undefined ? seconds : (middle + centre(after)) / 2,
  };
}

/**
 * The clip that stands for a moment.
 * @param {Moment[]} clips
 * @param {number} seconds
 * @returns {Moment | null}
 */
export function clipAt(clips, seconds) {
  let best = null;
  for (const clip of clips) {
    if (best === null || Math.abs(centre(clip) - seconds) <= Math.abs(centre(best) - seconds)) best = clip;
  }
  return best;
}

/**
 * The genres one after the other, where they change.
 * @param {Moment[]} clips
 */
function changes(clips) {
  /** @type {string[]} */
  const told = [];
  for (const { genre } of clips) if (genre !== null && genre !== told.at(-1)) told.push(genre);
  return told.length > 8 ? [...told.slice(0, 8), "more"] : told;
}
