// The page of songs: where they are dropped, their table, and the open one.

import { announce } from "./announce.js";
import { colour } from "./colours.js";
import { csv, json, save } from "./download.js";
import { ACCEPT, chosen, songsAmong } from "./drop.js";
import { append, element, icon } from "./dom.js";
import { counted, percent } from "./format.js";
import { models } from "./knowledge.js";
import { Queue, songOf } from "./queue.js";
import { SongView } from "./song.js";
import { SongTable } from "./table.js";

/** @typedef {import("./types").Song} Song */
/** @typedef {import("./types").Found} Found */
/** @typedef {import("./types").Model} Model */

/** The page, kept for as long as the tab: songs stay while the person reads about the model. */
export class SongsPage {
  /** @param {Model | null} model that the service judges with, if it told */
  constructor(model) {
    this.model = model;
    /** @type {import("./types").Known} as soon as it is known; the table and its rows hold the same object */
    this.known = known(model);
    this.genre = select("Genre", [["", "every genre"], ...this.known.genres.map((name) => [name, name])]);
    this.queue = new Queue();
    const { queue } = this;
    this.table = new SongTable(this.known, {
      open: (song) => this.open(song),
      cancel: (song) => queue.cancel(song),
      retry: (song) => queue.retry(song),
      remove: (song) => queue.remove(song),
      changed: () => this.draw(),
    });
    this.view = new SongView(model, { retry: (song) => queue.retry(song), look: (song) => queue.look(song) });
    /** @type {Set<Song>} */
    this.changed = new Set();
    this.due = false;
    this.passed = element("p", { class: "passed soft", role: "status" });
    this.tally = element("p", { class: "tally" });
    this.overall = element("progress", { max: 1, "aria-label": "All songs" });
    this.shown = element("span", { class: "soft", role: "status" });
    this.root = element("div", { class: "songs-page" });
    this.intro = element(
      "div",
      { class: "intro" },
      element("h1", {}, "What does your music sound like to a network?"),
      this.about(),
    );
    this.list = element(
      "section",
      { class: "list card", "aria-label": "Your songs", hidden: true },
      this.bar(),
      this.filters(),
      this.table.root,
    );
    append(this.root, this.intro, this.dropper(), this.passed, this.list, this.view.root);
    queue.addEventListener("song", (event) => this.soon(songOf(event)));
    queue.addEventListener("done", (event) => this.done(songOf(event)));
    this.draw();
  }

  about() {
    const names = this.known.genres.map((genre, at) =>
      element("li", {}, element("i", { class: `swatch ${colour(at)}`, "aria-hidden": "true" }), genre),
    );
    const text = "Drop songs, see what the network hears, second by second, and how sure it is. ";
    const rest =
      this.known.genres.length > 0
        ? `It knows ${counted(this.known.genres.length, "genre")}, and says when it is unsure:`
        : "";
    return element(
      "div",
      {},
      element("p", { class: "lead" }, text, rest),
      element("ul", { class: "genres", "aria-label": "Genres" }, ...names),
    );
  }

  dropper() {
    const files = element("input", {
      type: "file",
      multiple: true,
      accept: ACCEPT,
      hidden: true,
      id: "files",
      "aria-label": "Songs",
    });
    const folder = element("input", {
      type: "file",
      webkitdirectory: true,
      hidden: true,
      id: "folder",
      "aria-label": "A folder",
    });
    for (const input of [files, folder]) {
      input.addEventListener("change", () => {
        this.take(chosen(input.files ?? new DataTransfer().files));
        input.value = "";
      });
    }
    const pick = element("button", { type: "button", class: "main", onclick: () => files.click() }, "Choose songs");
    const walk = element("button", { type: "button", onclick: () => folder.click() }, "Choose a folder");
    const where = element(
      "p",
      { class: "soft where" },
      "mp3, flac, wav, ogg, opus, m4a, aiff and more. ",
      element("span", { class: "one" }, `They go to ${location.host} and nowhere else.`),
    );
    const words = element(
      "p",
      { class: "drop-words" },
      icon("drop"),
      element("span", {}, "Drop songs or folders here"),
    );
    this.drop = element(
      "section",
      { class: "drop card", "aria-label": "Add songs" },
      words,
      element("div", { class: "buttons" }, pick, walk),
      where,
      files,
      folder,
    );
    return this.drop;
  }

  bar() {
    const { queue } = this;
    this.cancel = element("button", { type: "button", onclick: () => queue.cancelAll() }, "Cancel all");
    this.clear = element("button", { type: "button", onclick: () => this.removeAll() }, "Remove all");
    const file = (/** @type {string} */ ending, /** @type {() => void} */ then) =>
      element(
        "button",
        { type: "button", onclick: then },
        icon("down"),
        ending,
        element("span", { class: "visually-hidden" }, " download"),
      );
    this.saving = [
      file("CSV", () => save("genres.csv", "text/csv", csv(queue.songs, this.genres()))),
      file("JSON", () => save("genres.json", "application/json", json(queue.songs))),
    ];
    return element(
      "div",
      { class: "list-bar" },
      element("h2", { class: "visually-hidden" }, "Your songs"),
      this.tally,
      this.overall,
      element("div", { class: "buttons" }, ...this.saving, this.cancel, this.clear),
    );
  }

  filters() {
    const { filter } = this.table;
    const text = element("input", {
      type: "search",
      placeholder: "Find a song",
      "aria-label": "Find a song",
      spellcheck: "false",
    });
    text.addEventListener("input", () => this.filtered(() => (filter.text = text.value)));
    this.genre.addEventListener("change", () => this.filtered(() => (filter.genre = this.genre.value)));
    const state = select("State", [
      ["", "sure or not"],
      ["sure", "sure"],
      ["unsure", "unsure"],
      ["left", "not heard yet"],
      ["failed", "failed"],
    ]);
    state.addEventListener("change", () => this.filtered(() => (filter.state = state.value)));
    this.filterBar = element("div", { class: "filters" }, text, this.genre, state, this.shown);
    return this.filterBar;
  }

  /** @param {() => void} change */
  filtered(change) {
    change();
    this.draw();
  }

  /** @returns {string[]} the genres in the model's order, or those of an answer */
  genres() {
    if (this.known.genres.length > 0) return this.known.genres;
    return Object.keys(this.queue.songs.find((song) => song.answer !== null)?.answer?.genres ?? {});
  }

  /** @param {Found[]} found */
  take(found) {
    const { songs, passed } = songsAmong(found);
    const are = passed === 1 ? "is no song by its name and was" : "are no songs by their names and were";
    this.passed.textContent = passed > 0 ? `${counted(passed, "file")} ${are} passed over.` : "";
    this.queue.add(songs);
  }

  /** @param {Song} song */
  open(song) {
    this.queue.look(song);
    this.draw();
    // Below a long table the song would open unseen.
    const { top } = this.view.root.getBoundingClientRect();
    if (top > 0.7 * window.innerHeight) this.view.root.scrollIntoView({ block: "start" });
    announce(`${song.name} is open below`);
  }

  removeAll() {
    [...this.queue.songs].forEach((song) => this.queue.remove(song));
    this.passed.textContent = "";
    this.drop?.querySelector("button")?.focus();
  }

  /** @param {Song} song */
  done(song) {
    const { answer } = song;
    if (answer === null) return announce(`${song.name} failed: ${song.refusal?.error ?? ""}`);
    if (this.model === null) void this.learn();
    announce(`${song.name}: ${answer.unsure ? "unsure, perhaps " : ""}${answer.genre}, ${percent(answer.probability)}`);
  }

  /** Asks for the model once more where it was not told at first, because a token was missing. */
  async learn() {
    const [model] = await models().catch(() => []);
    if (model === undefined || this.model !== null) return;
    this.model = model;
    Object.assign(this.known, known(model));
    this.view.knows(model);
    this.genre.append(...model.card.genres.map((genre) => element("option", { value: genre }, genre)));
    this.table.forget();
    this.soon();
  }

  /**
   * Draws before the next picture of the screen, however much happened until then.
   * @param {Song} [song] that changed
   */
  soon(song) {
    if (song !== undefined) this.changed.add(song);
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.due = false;
    const { queue, changed } = this;
    this.changed = new Set();
    const { songs, open } = queue;
    this.root.classList.toggle("empty", songs.length === 0);
    this.list.hidden = songs.length === 0;
    const shown = this.table.update(songs, changed, open);
    this.shown.textContent = shown < songs.length ? `${shown} of ${songs.length} shown` : "";
    if (this.filterBar) this.filterBar.hidden = songs.length < 4;
    this.count();
    if (open === null || changed.has(open) || this.view.song !== open)
      this.view.show(open, open === null ? null : queue.pictured(open));
  }

  count() {
    const counts = this.queue.counts();
    const parts = [
      counts.left > 0
        ? `${counts.heard} of ${counted(counts.all, "song")} heard`
        : `${counted(counts.heard, "song")} heard`,
    ];
    if (counts.unsure > 0) parts.push(`${counts.unsure} unsure`);
    if (counts.failed > 0) parts.push(`${counts.failed} failed`);
    if (counts.cancelled > 0) parts.push(`${counts.cancelled} cancelled`);
    this.tally.textContent = parts.join(" · ");
    this.overall.hidden = counts.left === 0;
    this.overall.value = counts.all > 0 ? 1 - counts.left / counts.all : 0;
    if (this.cancel) this.cancel.hidden = counts.left === 0;
    if (this.clear) this.clear.hidden = counts.left > 0;
    for (const button of this.saving ?? []) button.disabled = counts.heard + counts.failed === 0;
    this.working = counts.left > 0;
  }

  /**
   * What a key does that no control took.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.view.answer === null) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("input, select, textarea, dialog, [role=region]") && !target.closest("button")) return;
    const { player } = this.view;
    if (event.key === " " && !target.closest("button, summary, a")) player.toggle();
    else if ((event.key !== "ArrowLeft" && event.key !== "ArrowRight") || !player.key(event.key)) return;
    event.preventDefault();
  }
}

/**
 * @param {string} label
 * @param {string[][]} options value and text
 */
function select(label, options) {
  return element(
    "select",
    { "aria-label": label },
    ...options.map(([value, text]) => element("option", { value: value ?? "" }, text)),
  );
}

/**
 * @param {Model | null} model
 * @returns {import("./types").Known}
 */
function known(model) {
  return { genres: model?.card.genres ?? [], doubts: typeof model?.card.calibration?.unsure_below === "number" };
}
