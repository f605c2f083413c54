// The pictures in numbers, for those who cannot see them or want to know exactly. Made when somebody opens them.

import { element } from "./dom.js";
import { percent, points, stretch } from "./format.js";

/** @typedef {import("./types").Answer} Answer */

/**
 * @param {Answer} answer
 * @param {string[]} genres
 */
export function tables(answer, genres) {
  const inside = scroll("The pictures in numbers");
  const details = element("details", {}, element("summary", {}, "The pictures in numbers"), inside);
  details.addEventListener("toggle", () => {
    if (!details.open || inside.childElementCount > 0) return;
    inside.append(timeline(answer, genres));
    if (answer.explanation) inside.append(explanation(answer));
  });
  return details;
}

/**
 * @param {Answer} answer
 * @param {string[]} genres
 */
function timeline(answer, genres) {
  const rows = (answer.timeline ?? []).map((clip) => {
    const shares = genres.map((genre) => (clip.genres === null ? "" : percent(clip.genres[genre] ?? 0)));
    return [stretch(clip.start, clip.end), clip.genre ?? "silent", ...shares];
  });
  return table("Probability of each genre, clip by clip", ["Time", "Genre", ...genres], rows);
}

/** @param {Answer} answer */
function explanation(answer) {
  const rows = (answer.explanation?.windows ?? []).map(({ start, end, drop }) => [stretch(start, end), points(drop)]);
  return table(
    `Points that ${answer.explanation?.genre} loses when these seconds are hidden`,
    ["Time", "Points"],
    rows,
  );
}

/**
 * A table whose first column names the rows.
 * @param {string} caption
 * @param {string[]} columns
 * @param {string[][]} rows
 */
function table(caption, columns, rows) {
  const head = element(
    "tr",
    {},
    ...columns.map((text, at) => element("th", { scope: "col", class: at > 0 ? "n" : "" }, text)),
  );
  const body = rows.map(([first, ...rest]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      ...rest.map((text) => element("td", { class: "n" }, text)),
    ),
  );
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, head),
    element("tbody", {}, ...body),
  );
}

/**
 * Room for tables that may be wider than the screen; the keyboard can scroll it.
 * @param {string} label
 * @param {...HTMLElement} inside
 */
export function scroll(label, ...inside) {
  return element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": label }, ...inside);
}
