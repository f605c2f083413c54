// What the three pictures of a song have in common: a frame, one time axis, and two lines that move through all.

import { drawn, element } from "./dom.js";
import { time } from "./format.js";

/** @typedef {import("./types").Plane} Plane */

/** Room for the time axis under a chart, CSS pixels. */
export const AXIS = 20;
/** Least distance of two numbers on the time axis, CSS pixels. */
const APART = 72;
/** Distances of two numbers on the time axis, seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/**
 * Where a moment lies.
 * @param {Plane} plane
 * @param {number} seconds
 */
export function across(plane, seconds) {
  const share = plane.seconds > 0 ? Math.min(1, Math.max(0, seconds / plane.seconds)) : 0;
  return plane.left + share * (plane.width - plane.left - plane.right);
}

/**
 * The moment at a place.
 * @param {Plane} plane
 * @param {number} x
 */
export function moment(plane, x) {
  const share = (x - plane.left) / Math.max(1, plane.width - plane.left - plane.right);
  return Math.min(1, Math.max(0, share)) * plane.seconds;
}

/** A picture over the song's seconds: a heading, a plot, a line where the song is, and one where the pointer is. */
export class Chart {
  /**
   * @param {string} title
   * @param {string} kind a class for its height
   */
  constructor(title, kind) {
    this.cursor = element("div", { class: "line", hidden: true });
    this.pointer = element("div", { class: "line pointer", hidden: true });
    this.drawing = drawn("svg", { class: "drawing", role: "img" });
    this.plot = element("div", { class: `plot ${kind}` }, this.drawing, this.pointer, this.cursor);
    this.aside = element("div", { class: "aside" });
    const head = element("figcaption", {}, element("h3", {}, title), this.aside);
    this.figure = element("figure", { class: "chart" }, head, this.plot);
  }

  /**
   * Says what is to be seen, for those who cannot see it.
   * @param {string} text
   */
  describe(text) {
    this.drawing.setAttribute("aria-label", text);
  }

  /**
   * Empties the drawing and gives it the plane's width.
   * @param {Plane} plane
   * @returns {{ height: number, bottom: number }} of the plot, and where its time axis begins
   */
  begin(plane) {
    const height = this.plot.clientHeight;
    this.drawing.replaceChildren();
    this.drawing.setAttribute("viewBox", `0 0 ${plane.width} ${height}`);
    return { height, bottom: height - AXIS };
  }

  /**
   * Draws the time axis.
   * @param {Plane} plane
   * @param {number} bottom
   */
  timeAxis(plane, bottom) {
    const room = (plane.width - plane.left - plane.right) / APART;
    const step = STEPS.find((seconds) => plane.seconds / seconds <= room) ?? 14400;
    const axis = drawn("g", { class: "axis", "aria-hidden": "true" });
    for (let at = 0; at <= plane.seconds; at += step) {
      const x = across(plane, at);
      axis.append(drawn("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
      const anchor = at === 0 ? "start" : x > plane.width - 24 ? "end" : "middle";
      axis.append(drawn("text", { x: at === 0 ? x - 1 : x, y: bottom + 16, "text-anchor": anchor }, time(at)));
    }
    this.drawing.append(axis);
  }

  /**
   * A number on the left, and a line across the plot at its height.
   * @param {Plane} plane
   * @param {number} y
   * @param {string} text
   * @param {string} [kind]
   */
  mark(plane, y, text, kind = "") {
    const right = plane.width - plane.right;
    this.drawing.append(
      drawn(
        "g",
        { class: `axis ${kind}`, "aria-hidden": "true" },
        drawn("line", {
          x1: plane.left - (kind === "tick" ? 4 : 0),
          x2: kind === "tick" ? plane.left : right,
          y1: y,
          y2: y,
        }),
        drawn("text", { x: plane.left - 7, y: y + 4, "text-anchor": "end" }, text),
      ),
    );
  }

  /**
   * Puts one of the two lines.
   * @param {HTMLElement} line
   * @param {Plane} plane
   * @param {number | null} seconds null for none
   */
  put(line, plane, seconds) {
    line.hidden = seconds === null;
    if (seconds !== null) line.style.setProperty("transform", `translateX(${across(plane, seconds).toFixed(2)}px)`);
  }
}
