// The confusion matrix: true genres in rows, answers in columns, darker where more of a row lies.

import { element } from "./dom.js";
import { scroll } from "./tables.js";

/** Mistakes that are told in words. */
const WORST = 3;

/**
 * @param {string[]} genres
 * @param {number[][]} counts
 * @returns {HTMLElement[]}
 */
export function confusion(genres, counts) {
  const columns = genres.map((genre) => element("th", { scope: "col" }, element("span", {}, genre)));
  const rows = counts.map((row, truth) => {
    const all = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, genres[truth]),
      ...row.map((count, taken) => cell(count, count / all, taken === truth)),
    );
  });
  const caption = element("caption", {}, "Rows: the genre that it is. Columns: the answer.");
  const table = element(
    "table",
    { class: "confusion" },
    caption,
    element("thead", {}, element("tr", {}, element("td"), ...columns)),
    element("tbody", {}, ...rows),
  );
  return [element("p", {}, `Most often: ${worst(genres, counts)}.`), scroll("Confusion matrix", table)];
}

/**
 * @param {number} count
 * @param {number} share of its row
 * @param {boolean} right
 */
function cell(count, share, right) {
  const made = element(
    "td",
    { class: right ? "right" : "" },
    count === 0 ? element("span", { class: "zero" }, "0") : count,
  );
  // By the root, so that a few mistakes can be seen beside many right answers.
  made.style.setProperty("--share", `${(100 * Math.sqrt(share)).toFixed(0)}%`);
  return made;
}

/**
 * The commonest mistakes in a sentence.
 * @param {string[]} genres
 * @param {number[][]} counts
 */
function worst(genres, counts) {
  const wrong = counts.flatMap((row, truth) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return row
      .map((count, taken) => ({ count, all, truth, taken }))
      .filter(({ count, taken }) => taken !== truth && count > 0);
  });
  wrong.sort((one, other) => other.count - one.count || other.count / other.all - one.count / one.all);
  const told = wrong
    .slice(0, WORST)
    .map(({ count, all, truth, taken }) => `${genres[truth]} taken for ${genres[taken]} (${count} of ${all})`);
  return told.join(", ") || "nothing";
}
