// The picture that the network hears: mel bands over time, bright where it is loud.

import { Chart, across } from "./chart.js";
import { loudness } from "./colours.js";
import { element } from "./dom.js";
import { time } from "./format.js";

/** @typedef {import("./types").Plane} Plane */
/** @typedef {import("./types").SpectrogramData} SpectrogramData */

/** Slaney's scale, on which the bands are evenly spaced: linear below the break, then 27 mel for a factor of 6.4. */
const HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const MEL_PER_LOG = 27 / Math.log(6.4);
/** Frequencies that may be named on the left, the most telling first. */
const NAMED = [1000, 4000, 250, 8000, 2000, 500, 16000];
/** Least distance of two of them, CSS pixels. */
const APART = 15;

/** @param {number} hz */
function mel(hz) {
  return hz < BREAK_HZ ? hz / HZ_PER_MEL : BREAK_HZ / HZ_PER_MEL + Math.log(hz / BREAK_HZ) * MEL_PER_LOG;
}

/** The picture with its axes. */
export class Spectrogram extends Chart {
  constructor() {
    super("What the network hears", "tall");
    this.canvas = element("canvas", { class: "picture", "aria-hidden": "true" });
    this.plot.prepend(this.canvas);
    this.scale = element("canvas", { width: 256, height: 1, "aria-hidden": "true" });
    this.aside.append(scale(this.scale));
    /** @type {{ data: SpectrogramData, picture: HTMLCanvasElement } | null} */
    this.shown = null;
  }

  /** @param {SpectrogramData | null} data */
  show(data) {
    this.shown = data === null ? null : { data, picture: painted(data) };
    if (data === null) return;
    const labels = this.aside.querySelectorAll("span");
    if (labels[0]) labels[0].textContent = `${Math.round(data.floor_db)}`.replace("-", "−");
    if (labels[1]) labels[1].textContent = `${Math.round(data.ceiling_db)} dB`;
    const seconds = time(data.columns * data.column_seconds);
    this.describe(`Mel spectrogram: ${data.bands} bands from ${data.low_hz} to ${data.high_hz} hertz over ${seconds}.`);
  }

  /** @param {Plane} plane */
  draw(plane) {
    const { bottom } = this.begin(plane);
    const { shown, canvas } = this;
    const width = plane.width - plane.left - plane.right;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(bottom * ratio));
    for (const [name, value] of [
      ["left", plane.left],
      ["width", width],
      ["height", bottom],
    ]) {
      canvas.style.setProperty(String(name), `${value}px`);
    }
    this.timeAxis(plane, bottom);
    const context = canvas.getContext("2d");
    if (shown === null || context === null) return;
    const { data, picture } = shown;
    const end = (across(plane, data.columns * data.column_seconds) - plane.left) * ratio;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, end, canvas.height);
    this.frequencies(plane, data, bottom);
  }

  /**
   * Names frequencies on the left, where there is room.
   * @param {Plane} plane
   * @param {SpectrogramData} data
   * @param {number} bottom
   */
  frequencies(plane, data, bottom) {
    const [low, high] = [mel(data.low_hz), mel(data.high_hz)];
    /** @type {number[]} */
    const taken = [];
    for (const hz of NAMED.filter((hz) => hz >= data.low_hz && hz <= data.high_hz)) {
      const y = bottom * (1 - (mel(hz) - low) / (high - low));
      if (taken.some((other) => Math.abs(other - y) < APART)) continue;
      taken.push(y);
      this.mark(plane, Math.max(y, 6), hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`, "tick");
    }
  }
}

/**
 * The picture at one pixel a value.
 * @param {SpectrogramData} data
 */
function painted(data) {
  const [bytes, map] = [Uint8Array.from(atob(data.data), (letter) => letter.charCodeAt(0)), loudness()];
  const picture = element("canvas", { width: data.columns, height: data.bands });
  const context = picture.getContext("2d");
  if (context === null) return picture;
  const image = context.createImageData(data.columns, data.bands);
  for (let band = 0; band < data.bands; band++) {
    const row = (data.bands - 1 - band) * data.columns;
    for (let column = 0; column < data.columns; column++) {
      const [value, at] = [bytes[band * data.columns + column] ?? 0, 4 * (row + column)];
      for (let part = 0; part < 3; part++) image.data[at + part] = map[value * 3 + part] ?? 0;
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return picture;
}

/**
 * The colours with their decibels.
 * @param {HTMLCanvasElement} canvas
 */
function scale(canvas) {
  const [map, context] = [loudness(), canvas.getContext("2d")];
  if (context !== null) {
    const image = context.createImageData(256, 1);
    for (let value = 0; value < 256; value++) {
      image.data.set([map[3 * value] ?? 0, map[3 * value + 1] ?? 0, map[3 * value + 2] ?? 0, 255], 4 * value);
    }
    context.putImageData(image, 0, 0);
  }
  return element("div", { class: "scale" }, element("span", {}, "−80"), canvas, element("span", {}, "0 dB"));
}
