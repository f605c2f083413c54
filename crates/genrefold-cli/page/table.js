// The songs as a table: sorted by any column, filtered, each row a song's way from the file to its genre.

import { Row } from "./row.js";
import { element } from "./dom.js";

/** @typedef {import("./types").Song} Song */
/** @typedef {import("./row.js").Actions} Actions */
/** @typedef {"name" | "genre" | "probability" | "unsure" | "length" | "state"} Key */
/** @typedef {{ key: Key, title: string, of: (song: Song) => string | number | null, falling?: boolean }} Column */

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
/** In which order states are sorted: what wants attention first. */
const STATES = ["failed", "listening", "queued", "sending", "busy", "waiting", "heard", "cancelled"];

/** @type {Column[]} */
const COLUMNS = [
  { key: "name", title: "Song", of: (song) => song.name },
  { key: "genre", title: "Genre", of: (song) => song.answer?.genre ?? null },
  { key: "probability", title: "Probability", of: (song) => song.answer?.probability ?? null, falling: true },
  { key: "unsure", title: "Sure?", of: (song) => (song.answer === null ? null : song.answer.unsure ? 0 : 1) },
  { key: "length", title: "Length", of: (song) => song.answer?.seconds ?? null, falling: true },
  { key: "state", title: "State", of: (song) => STATES.indexOf(song.state) },
];

/** What is shown of the songs. */
export class SongTable {
  /**
   * @param {import("./types").Known} known
   * @param {Actions} actions
   */
  constructor(known, actions) {
    this.known = known;
    this.actions = actions;
    /** @type {Map<Song, Row>} */
    this.rows = new Map();
    /** @type {Key | null} none: in the order in which they came */
    this.key = null;
    this.falling = false;
    this.filter = { text: "", genre: "", state: "" };
    this.headers = COLUMNS.map((column) => this.header(column));
    this.body = element("tbody");
    const last = element(
      "th",
      { scope: "col", class: "actions" },
      element("span", { class: "visually-hidden" }, "Actions"),
    );
    const table = element(
      "table",
      { class: "songs" },
      element("caption", { class: "visually-hidden" }, "Songs, their genres and how far they are"),
      element("thead", {}, element("tr", {}, ...this.headers, last)),
      this.body,
    );
    this.root = element("div", { class: "table-scroll", role: "region", "aria-label": "Songs", tabindex: 0 }, table);
    this.body.addEventListener("keydown", (event) => this.along(event));
  }

  /** @param {Column} column */
  header(column) {
    const button = element("button", { type: "button", onclick: () => this.sort(column) }, column.title);
    return element("th", { scope: "col", class: column.key, "aria-sort": "none" }, button);
  }

  /** Makes every row anew: the genres have become known. */
  forget() {
    this.rows.clear();
    this.body.replaceChildren();
  }

  /** @param {Column} column */
  sort(column) {
    this.falling = this.key === column.key ? !this.falling : column.falling === true;
    this.key = column.key;
    COLUMNS.forEach(({ key }, at) => {
      const way = this.falling ? "descending" : "ascending";
      this.headers[at]?.setAttribute("aria-sort", key === this.key ? way : "none");
    });
    this.actions.changed();
  }

  /**
   * Brings the table up to date.
   * @param {Song[]} songs all
   * @param {Set<Song>} changed those whose rows are out of date
   * @param {Song | null} open
   * @returns {number} how many are shown
   */
  update(songs, changed, open) {
    for (const song of changed) this.rows.get(song)?.update(song === open);
    const shown = this.ordered(songs.filter((song) => this.passes(song)));
    const focused = document.activeElement;
    let at = this.body.firstChild;
    for (const song of shown) {
      const row = this.row(song, open).root;
      if (row === at) at = at.nextSibling;
      else this.body.insertBefore(row, at);
    }
    while (at !== null) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    // A row that moves takes the focus with it.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.body.contains(focused))
      focused.focus({ preventScroll: true });
    const there = new Set(songs);
    for (const song of this.rows.keys()) if (!there.has(song)) this.rows.delete(song);
    return shown.length;
  }

  /**
   * @param {Song} song
   * @param {Song | null} open
   */
  row(song, open) {
    const row = this.rows.get(song) ?? new Row(song, this.known, this.actions);
    if (!this.rows.has(song)) row.update(song === open);
    this.rows.set(song, row);
    return row;
  }

  /** @param {Song} song */
  passes(song) {
    const { text, genre, state } = this.filter;
    if (text !== "" && !folded(song.path).includes(folded(text))) return false;
    if (genre !== "" && song.answer?.genre !== genre) return false;
    if (state === "sure") return song.answer !== null && !song.answer.unsure;
    if (state === "unsure") return song.answer?.unsure === true;
    if (state === "failed") return song.state === "failed" || song.state === "cancelled";
    return state !== "left" || STATES.slice(1, 6).includes(song.state);
  }

  /**
   * Sorted; songs that have nothing to sort by come last, whichever way.
   * @param {Song[]} songs
   */
  ordered(songs) {
    const column = COLUMNS.find(({ key }) => key === this.key);
    if (column === undefined) return songs;
    const way = this.falling ? -1 : 1;
    return songs
      .map((song) => ({ song, value: column.of(song) }))
      .sort(({ song: a, value: one }, { song: b, value: other }) => {
        if (one === null || other === null) return Number(one === null) - Number(other === null) || a.id - b.id;
        const order = typeof one === "string" ? COLLATOR.compare(one, String(other)) : one - Number(other);
        return way * order || a.id - b.id;
      })
      .map(({ song }) => song);
  }

  /**
   * Up and down go from song to song.
   * @param {KeyboardEvent} event
   */
  along(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
    const button = next?.querySelector("button.open");
    if (!(button instanceof HTMLElement)) return;
    event.preventDefault();
    button.focus();
  }
}

/**
 * Letters as they are looked for: without case, accents or the way in which they are composed.
 * @param {string} text
 */
function folded(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();
}
