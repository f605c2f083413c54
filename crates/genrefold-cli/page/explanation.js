// Which seconds mattered: how much the song's genre loses when the network does not hear them.

import { Chart, across } from "./chart.js";
import { drawn, element } from "./dom.js";
import { points, stretch } from "./format.js";

/** @typedef {import("./types").Plane} Plane */
/** @typedef {import("./types").Explanation} Data */

/** The scale reaches at least this many points, so that nothing looks like much. */
const LEAST = 0.01;

/** Bars up for seconds that speak for the genre, down for those that speak against it. */
export class Explanation extends Chart {
  constructor() {
    super("Which seconds mattered", "low");
    /** @type {Data | null} */
    this.data = null;
  }

  /** @param {Data | null} data */
  show(data) {
    this.data = data;
    this.aside.replaceChildren();
    if (data === null) return;
    const key = (/** @type {string} */ kind, /** @type {string} */ text) =>
      element("span", { class: "key" }, element("i", { class: kind, "aria-hidden": "true" }), text);
    this.aside.append(
      element("span", {}, "in points of probability"),
      key("for", `speaks for ${data.genre}`),
      key("against", "against it"),
    );
    const most = [...data.windows]
      .sort((one, other) => other.drop - one.drop)
      .slice(0, 3)
      .filter(({ drop }) => drop > 0);
    const told = most.map(({ start, end, drop }) => `${stretch(start, end)} (${points(drop)} points)`).join(", ");
    this.describe(`Seconds that mattered most for ${data.genre}: ${told || "none"}.`);
  }

  /** @param {Plane} plane */
  draw(plane) {
    const { bottom } = this.begin(plane);
    const windows = this.data?.windows ?? [];
    const high = Math.max(LEAST, ...windows.map(({ drop }) => drop));
    const low = Math.max(high / 4, ...windows.map(({ drop }) => -drop));
    const zero = 8 + ((bottom - 14) * high) / (high + low);
    const each = (bottom - 14) / (high + low);
    for (const { start, end, drop } of windows) {
      const [x, to] = [across(plane, start), across(plane, end)];
      const height = Math.abs(drop) * each;
      const gap = to - x > 5 ? 1 : 0;
      const place = { x: x + gap / 2, y: drop >= 0 ? zero - height : zero, width: Math.max(0.5, to - x - gap), height };
      this.drawing.append(drawn("rect", { class: drop >= 0 ? "bar for" : "bar against", ...place }));
    }
    this.mark(plane, zero, "0");
    this.mark(plane, zero - high * each, `+${points(high)}`, "tick");
    if (low * each > 14 && windows.some(({ drop }) => drop < 0))
      this.mark(plane, zero + low * each, points(-low), "tick");
    this.timeAxis(plane, bottom);
  }
}

/**
 * What hiding a moment does, in words; nothing where nobody looked.
 * @param {Data | undefined} data
 * @param {number} seconds
 */
export function mattered(data, seconds) {
  const found = data?.windows.find(({ start, end }) => seconds >= start && seconds < end);
  if (data === undefined || found === undefined) return "";
  const size = points(Math.abs(found.drop));
  if (size === "0.0") return `${stretch(found.start, found.end)} changes nothing`;
  const side = found.drop > 0 ? "for" : "against";
  return `${stretch(found.start, found.end)} speaks ${side} ${data.genre}: ${size} points`;
}
