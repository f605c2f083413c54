// One song, looked at: its pictures under one time axis, played with a line through all of them.

import { moment } from "./chart.js";
import { colour } from "./colours.js";
import { append, element, name } from "./dom.js";
import { Explanation, mattered } from "./explanation.js";
import { counted, percent, size, stretch, time } from "./format.js";
import { Player } from "./player.js";
import { Spectrogram } from "./spectrogram.js";
import { tables } from "./tables.js";
import { Timeline, clipAt } from "./timeline.js";
import { verdict } from "./verdict.js";

/** @typedef {import("./types").Song} Song */
/** @typedef {import("./types").Answer} Answer */
/** @typedef {import("./types").Model} Model */
/** @typedef {import("./types").Plane} Plane */

/** Room left and right of a plot, CSS pixels; less on a phone. */
const MARGIN = { wide: { left: 56, right: 12 }, narrow: { left: 48, right: 6 } };
const NARROW = 520;
/** Genres named for a moment, and how probable one must be. */
const NAMED = 3;
const LEAST = 0.005;

/** The view of the open song. */
export class SongView {
  /**
   * @param {Model | null} model
   * @param {{ retry: (song: Song) => void, look: (song: Song) => void }} actions
   */
  constructor(model, actions) {
    this.model = model;
    this.actions = actions;
    this.player = new Player();
    this.spectrogram = new Spectrogram();
    this.timeline = new Timeline(model?.card.genres ?? []);
    this.explanation = new Explanation();
    this.charts = [this.spectrogram, this.timeline, this.explanation];
    /** @type {Plane} */
    this.plane = { width: 0, ...MARGIN.wide, seconds: 0 };
    /** @type {Song | null} */
    this.song = null;
    /** @type {Answer | null} what is drawn */
    this.answer = null;
    this.said = "";
    this.head = element("header");
    this.status = element("div", { class: "status" });
    this.side = element("div", { class: "side" });
    this.readout = element("p", { class: "readout" });
    this.track = element("div", { class: "seek" }, this.player.range);
    this.stack = element(
      "div",
      { class: "stack" },
      this.player.bar,
      this.track,
      this.readout,
      ...this.charts.map((chart) => chart.figure),
    );
    this.more = element("div", { class: "more" });
    this.body = element("div", { class: "song-body" }, this.side, this.stack, this.more);
    this.root = element(
      "section",
      { class: "song card", id: "song", tabindex: -1, "aria-labelledby": "song-title", hidden: true },
      this.head,
      this.status,
      this.body,
    );
    this.player.addEventListener("place", () => this.placed());
    this.charts.forEach((chart) => this.pointed(chart.plot));
    new ResizeObserver(() => this.resized()).observe(this.stack);
  }

  /**
   * Takes the model where it was not known from the beginning.
   * @param {Model} model
   */
  knows(model) {
    this.model = model;
    if (this.answer !== null) this.fill(this.answer);
  }

  /**
   * Shows a song as far as it is known; the same song again redraws only what is new.
   * @param {Song | null} song
   * @param {Answer | null} pictured its answer with pictures, if they are here
   */
  show(song, pictured) {
    this.root.hidden = song === null;
    if (song === null) this.player.unload();
    const other = song !== this.song;
    this.song = song;
    if (song === null) return void (this.answer = null);
    if (other) this.player.load(song.file);
    const answer = pictured ?? song.answer;
    this.heading(song, answer);
    this.told(song);
    this.body.hidden = answer === null;
    if (answer === null) this.answer = null;
    else if (answer !== this.answer) this.fill(answer);
    this.spectrogram.figure.classList.toggle("empty", !answer?.spectrogram);
    this.explanation.figure.classList.toggle("empty", !answer?.explanation);
  }

  /**
   * @param {Song} song
   * @param {Answer | null} answer
   */
  heading(song, answer) {
    const facts = [size(song.file.size)];
    if (answer !== null) facts.unshift(time(answer.seconds), counted(answer.clips, "clip"));
    if (answer !== null && answer.faults > 0) facts.push(`${counted(answer.faults, "damaged packet")} passed over`);
    this.head.replaceChildren(
      element("h2", { id: "song-title" }, name(song.name)),
      element("p", { class: "soft" }, facts.join(" · ")),
    );
  }

  /**
   * What is still to come, or why nothing will.
   * @param {Song} song
   */
  told(song) {
    this.status.replaceChildren();
    if (song.state === "failed" || song.state === "cancelled") {
      const text = song.refusal?.error ?? "Nobody listened to it: it was cancelled.";
      const retry = element("button", { type: "button", onclick: () => this.actions.retry(song) }, "Try again");
      return append(this.status, element("p", { class: "trouble" }, text), retry);
    }
    if (song.pictures === "failed") {
      const again = element(
        "button",
        { type: "button", onclick: () => this.actions.look(song) },
        "Ask for the pictures again",
      );
      return append(this.status, element("p", { class: "trouble" }, `No pictures: ${song.trouble}`), again);
    }
    if (song.pictures === "here") return;
    const bar = element("progress", { max: 1, "aria-label": "Listening" });
    if (song.part !== null) bar.value = song.part;
    append(
      this.status,
      element("p", { class: "soft" }, song.answer === null ? `${song.note} …` : "drawing its pictures …"),
      bar,
    );
  }

  /** @param {Answer} answer */
  fill(answer) {
    this.answer = answer;
    const clips = answer.timeline ?? [];
    const order = Object.entries(answer.genres)
      .sort(([, one], [, other]) => other - one)
      .map(([genre]) => genre);
    this.timeline.genres = this.genres();
    this.plane.seconds = answer.seconds;
    this.side.replaceChildren(verdict(answer, this.model));
    this.spectrogram.show(answer.spectrogram ?? null);
    this.timeline.show(clips, order);
    this.explanation.show(answer.explanation ?? null);
    this.more.replaceChildren(tables(answer, this.genres()));
    const [first, second] = clips;
    this.player.over(answer.seconds, first && second ? second.start - first.start : 1);
    this.body.hidden = false;
    this.resized();
  }

  /** @returns {string[]} the model's genres, as far as they are known */
  genres() {
    return this.model?.card.genres ?? Object.keys(this.answer?.genres ?? {});
  }

  resized() {
    const width = this.stack.clientWidth;
    if (width === 0 || this.answer === null) return;
    Object.assign(this.plane, width < NARROW ? MARGIN.narrow : MARGIN.wide, { width });
    this.track.style.setProperty("padding-left", `${this.plane.left}px`);
    this.track.style.setProperty("padding-right", `${this.plane.right}px`);
    this.charts.forEach((chart) => chart.draw(this.plane));
    this.placed();
  }

  /**
   * A pointer over a plot reads there; pressed, it goes there.
   * @param {HTMLElement} plot
   */
  pointed(plot) {
    const at = (/** @type {PointerEvent} */ event) =>
      moment(this.plane, event.clientX - plot.getBoundingClientRect().left);
    plot.addEventListener("pointermove", (event) => {
      if (plot.hasPointerCapture(event.pointerId)) this.player.seek(at(event));
      this.charts.forEach((chart) => chart.put(chart.pointer, this.plane, at(event)));
      this.read(at(event));
    });
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      plot.setPointerCapture(event.pointerId);
      this.player.seek(at(event));
    });
    plot.addEventListener("pointerleave", () => {
      this.charts.forEach((chart) => chart.put(chart.pointer, this.plane, null));
      this.placed();
    });
  }

  placed() {
    if (this.answer === null) return;
    const { place } = this.player;
    this.charts.forEach((chart) => chart.put(chart.cursor, this.plane, place));
    this.read(place);
    const said = `${time(place)} of ${time(this.answer.seconds)}. ${this.readout.textContent}`;
    const { range, audio } = this.player;
    // While it plays, a new text only where another clip begins: otherwise it would be read without end.
    if (audio.paused || range.dataset.said !== this.said) range.setAttribute("aria-valuetext", said);
    range.dataset.said = this.said;
  }

  /**
   * Says what is to be read at a moment.
   * @param {number} seconds
   */
  read(seconds) {
    const { answer, readout } = this;
    const clip = clipAt(answer?.timeline ?? [], seconds);
    readout.replaceChildren();
    if (answer === null || clip === null) return;
    this.said = stretch(clip.start, clip.end);
    append(readout, element("b", { class: "one" }, `${this.said}:`));
    if (clip.genres === null) append(readout, "silent");
    const all = Object.entries(clip.genres ?? {}).sort(([, one], [, other]) => other - one);
    const ranked = all.slice(0, NAMED).filter(([, share]) => share >= LEAST);
    ranked.forEach(([genre, share], at) => {
      const swatch = element("i", { class: `swatch ${colour(this.genres().indexOf(genre))}`, "aria-hidden": "true" });
      append(
        readout,
        element("span", { class: "one" }, swatch, `${genre} ${percent(share)}${at < ranked.length - 1 ? ", " : ""}`),
      );
    });
    const told = mattered(answer.explanation, seconds);
    if (told !== "") append(readout, element("span", { class: "effect" }, told));
  }
}
