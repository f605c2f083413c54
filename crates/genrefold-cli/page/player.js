// Playing the person's own file, and where in the song the page is: both move together, and a file that the browser
// cannot play still has a place that can be read.

import { append, element, icon } from "./dom.js";
import { time } from "./format.js";

/** How many steps of the arrow keys a page key goes. */
const PAGE = 4;

/** Tells of a new place with the event "place". */
export class Player extends EventTarget {
  constructor() {
    super();
    this.seconds = 0;
    this.place = 0;
    this.step = 2.5;
    this.playable = true;
    /** @type {string | null} */
    this.address = null;
    this.audio = element("audio", { preload: "metadata" });
    this.button = element("button", { type: "button", class: "round main", onclick: () => this.toggle() });
    this.clock = element("span", { class: "clock" });
    this.range = element("input", {
      type: "range",
      class: "place",
      min: 0,
      step: "any",
      "aria-label": "Place in the song",
    });
    this.volume = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: 1, "aria-label": "Volume" });
    this.trouble = element("p", { class: "unplayable", hidden: true });
    this.bar = element(
      "div",
      { class: "transport" },
      this.button,
      this.clock,
      this.trouble,
      element("span", { class: "volume" }, icon("sound"), this.volume),
      this.audio,
    );
    this.listen();
    this.buttonShown();
  }

  listen() {
    const { audio, range, volume } = this;
    audio.addEventListener("play", () => this.playing());
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => this.buttonShown());
    audio.addEventListener("error", () => this.cannot());
    range.addEventListener("input", () => this.seek(range.valueAsNumber));
    range.addEventListener("keydown", (event) => {
      if (this.key(event.key)) event.preventDefault();
    });
    volume.addEventListener("input", () => (audio.volume = volume.valueAsNumber));
  }

  /**
   * Takes a song's file.
   * @param {File} file
   */
  load(file) {
    this.unload();
    this.playable = true;
    this.trouble.hidden = true;
    this.button.disabled = false;
    this.address = URL.createObjectURL(file);
    this.file = file;
    this.audio.src = this.address;
    this.buttonShown();
  }

  unload() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    if (this.address !== null) URL.revokeObjectURL(this.address);
    this.address = null;
    this.moved(0);
  }

  /**
   * Sets how long the song is and how far an arrow key goes.
   * @param {number} seconds
   * @param {number} step
   */
  over(seconds, step) {
    [this.seconds, this.step] = [seconds, step];
    this.range.max = String(seconds);
    this.moved(Math.min(this.place, seconds));
  }

  toggle() {
    if (!this.playable || this.address === null) return;
    if (!this.audio.paused) return this.audio.pause();
    // A file that cannot be played says so by its "error" event as well.
    this.audio.play().catch(() => undefined);
  }

  /** @param {number} seconds */
  seek(seconds) {
    const place = Math.min(Math.max(0, seconds), this.seconds);
    if (this.playable && this.address !== null) this.audio.currentTime = place;
    this.moved(place);
  }

  /**
   * What a key does to the place.
   * @param {string} key
   * @returns {boolean} whether it did something
   */
  key(key) {
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -PAGE, PageUp: PAGE };
    const by = steps[key];
    if (by !== undefined) this.seek(this.place + by * this.step);
    else if (key === "Home") this.seek(0);
    else if (key === "End") this.seek(this.seconds);
    else return false;
    return true;
  }

  playing() {
    if (this.audio.paused) return;
    this.moved(Math.min(this.audio.currentTime, this.seconds));
    requestAnimationFrame(() => this.playing());
  }

  /** @param {number} place */
  moved(place) {
    this.place = place;
    this.range.value = String(place);
    this.clock.textContent = `${time(place)} / ${time(this.seconds)}`;
    this.dispatchEvent(new Event("place"));
  }

  cannot() {
    if (this.address === null) return;
    this.playable = false;
    this.button.disabled = true;
    const ending = /\.[^.]+$/.exec(this.file?.name ?? "")?.[0] ?? "";
    this.trouble.textContent = `This browser cannot play this ${ending} file. The pictures can be read all the same.`;
    this.trouble.hidden = false;
    this.buttonShown();
  }

  buttonShown() {
    const paused = this.audio.paused;
    this.button.replaceChildren();
    append(this.button, icon(paused ? "play" : "pause"));
    this.button.setAttribute("aria-label", paused ? "Play" : "Pause");
    this.button.title = paused ? "Play (space)" : "Pause (space)";
  }
}
