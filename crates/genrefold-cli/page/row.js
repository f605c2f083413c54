// A row of the table: one song.

import { colour } from "./colours.js";
import { append, element, icon, name } from "./dom.js";
import { percent, time } from "./format.js";
import { unfinished } from "./queue.js";

/** @typedef {import("./types").Song} Song */

/**
 * @typedef {object} Actions
 * @property {(song: Song) => void} open
 * @property {(song: Song) => void} cancel
 * @property {(song: Song) => void} retry
 * @property {(song: Song) => void} remove
 * @property {() => void} changed the table wants to be drawn anew
 */

/** Kept for as long as its song; only what changed is written. */
export class Row {
  /**
   * @param {Song} song
   * @param {import("./types").Known} known
   * @param {Actions} actions
   */
  constructor(song, known, actions) {
    this.song = song;
    this.known = known;
    this.actions = actions;
    this.open = element(
      "button",
      { type: "button", class: "open", onclick: () => actions.open(song) },
      name(song.name),
    );
    const folder = song.path.slice(0, Math.max(0, song.path.lastIndexOf("/")));
    this.error = element("span", { class: "trouble" });
    this.cells = {
      name: element(
        "th",
        { scope: "row", class: "name" },
        this.open,
        folder && name(folder, { class: "folder" }),
        this.error,
      ),
      genre: element("td", { class: "genre-cell" }),
      probability: element("td", { class: "probability" }),
      unsure: element("td", { class: "unsure" }),
      length: element("td", { class: "length n" }),
      state: element("td", { class: "state" }),
      actions: element("td", { class: "actions" }),
    };
    this.root = element("tr", {}, ...Object.values(this.cells));
    this.shown = "";
    this.acts = "";
  }

  /** @param {boolean} open whether this is the song that is looked at */
  update(open) {
    const { song, cells } = this;
    this.root.classList.toggle("current", open);
    if (open) this.open.setAttribute("aria-current", "true");
    else this.open.removeAttribute("aria-current");
    this.state();
    this.buttons();
    const shown = `${song.state === "failed" ? song.refusal?.error : ""}|${song.answer !== null}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.error.textContent = song.state === "failed" ? (song.refusal?.error ?? "") : "";
    for (const cell of [cells.genre, cells.probability, cells.unsure, cells.length]) cell.replaceChildren();
    if (song.answer !== null) this.answer(song.answer);
  }

  /** @param {import("./types").Answer} answer */
  answer(answer) {
    const { cells } = this;
    const kind = colour(this.known.genres.indexOf(answer.genre));
    append(cells.genre, element("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), answer.genre);
    const fill = element("span", { class: `fill ${kind}` });
    fill.style.setProperty("width", `${(100 * answer.probability).toFixed(1)}%`);
    append(
      cells.probability,
      element("span", { class: "n" }, percent(answer.probability)),
      element("span", { class: "track", "aria-hidden": "true" }, fill),
    );
    append(cells.unsure, sureness(answer.unsure, this.known.doubts));
    append(cells.length, time(answer.seconds));
  }

  state() {
    const { song } = this;
    const busy = unfinished(song) && song.state !== "waiting" && song.state !== "busy";
    this.cells.state.className = `state ${song.state}`;
    if (!busy) return this.cells.state.replaceChildren(element("span", {}, song.note));
    let [label, bar] = [this.cells.state.querySelector("span"), this.cells.state.querySelector("progress")];
    if (label === null || bar === null) {
      [label, bar] = [element("span"), element("progress", { max: 1, "aria-label": `Progress of ${song.name}` })];
      this.cells.state.replaceChildren(label, bar);
    }
    label.textContent = song.note;
    if (song.part === null) bar.removeAttribute("value");
    else bar.value = song.part;
  }

  buttons() {
    const { song, actions } = this;
    const acts = unfinished(song) ? "cancel" : song.state === "heard" ? "remove" : "retry";
    if (acts === this.acts) return;
    this.acts = acts;
    const had = this.cells.actions.contains(document.activeElement);
    this.cells.actions.replaceChildren();
    if (acts === "retry")
      append(
        this.cells.actions,
        act("again", "Try again", song, () => actions.retry(song)),
      );
    const remove =
      acts === "cancel"
        ? act("close", "Cancel", song, () => actions.cancel(song))
        : act("close", "Remove", song, () => actions.remove(song));
    append(this.cells.actions, remove);
    const first = this.cells.actions.querySelector("button");
    if (had && first !== null) first.focus();
  }
}

/**
 * @param {"close" | "again"} picture
 * @param {string} label
 * @param {Song} song
 * @param {() => void} then
 */
function act(picture, label, song, then) {
  const words = `${label}: ${song.name}`;
  return element(
    "button",
    { type: "button", class: "round quiet", "aria-label": words, title: label, onclick: then },
    icon(picture),
  );
}

/**
 * @param {boolean} unsure
 * @param {boolean} doubts whether the model ever is
 */
function sureness(unsure, doubts) {
  if (unsure) return element("span", { class: "badge" }, "unsure");
  return element("span", { class: "soft" }, doubts ? "sure" : "–");
}
