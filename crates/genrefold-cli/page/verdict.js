// The answer over the whole song: its genre, how sure, and every genre's mean probability as a bar.

import { colour } from "./colours.js";
import { element } from "./dom.js";
import { percent } from "./format.js";

/** @typedef {import("./types").Answer} Answer */
/** @typedef {import("./types").Model} Model */

/** Bars of more genres are left out: they are near nothing. */
const SHOWN = 14;

/**
 * @param {Answer} answer
 * @param {Model | null} model that judged, if the service told of it
 */
export function verdict(answer, model) {
  const genres = model?.card.genres ?? Object.keys(answer.genres);
  const below = model?.card.calibration?.unsure_below ?? null;
  const title = element("h3", { class: "visually-hidden" }, "Over the whole song");
  return element(
    "div",
    { class: "verdict" },
    title,
    headline(answer, genres),
    trust(answer, model),
    bars(answer, genres, below),
  );
}

/**
 * @param {Answer} answer
 * @param {string[]} genres
 */
function headline(answer, genres) {
  const swatch = element("i", { class: `swatch ${colour(genres.indexOf(answer.genre))}`, "aria-hidden": "true" });
  const genre = element("span", { class: "genre-name" }, answer.genre);
  const share = element("span", { class: "share" }, percent(answer.probability));
  const line = element("p", { class: answer.unsure ? "headline unsure" : "headline" }, swatch, genre, " ", share);
  if (answer.unsure) line.prepend(doubt(), element("span", { class: "perhaps" }, "perhaps "));
  return line;
}

/** The word for an answer that is none. */
function doubt() {
  return element("span", { class: "doubt" }, element("span", { class: "badge" }, "unsure"), " ");
}

/**
 * What such an answer is worth, as measured.
 * @param {Answer} answer
 * @param {Model | null} model
 */
function trust(answer, model) {
  if (model === null) return null;
  const below = model.card.calibration?.unsure_below ?? null;
  const sure = model.card.training.figures?.reliability?.sure ?? null;
  if (below === null)
    return element("p", { class: "soft" }, "How far such an answer can be trusted was not measured for this model.");
  const least = percent(below, 1);
  if (answer.unsure)
    return element("p", { class: "soft" }, `Below ${least} too many answers were wrong: do not rely on this one.`);
  const right =
    sure === null ? "" : ` Of such answers ${percent(sure.accuracy)} were right, on songs that it had not heard.`;
  return element("p", { class: "soft" }, `Above ${least}, so it counts as sure.${right}`);
}

/**
 * @param {Answer} answer
 * @param {string[]} genres
 * @param {number | null} below
 */
function bars(answer, genres, below) {
  const ranked = Object.entries(answer.genres).sort(([, one], [, other]) => other - one);
  const list = element("ul", { class: "bars", "aria-label": "Mean probability of each genre" });
  for (const [genre, share] of ranked.slice(0, SHOWN)) {
    const fill = element("span", { class: `fill ${colour(genres.indexOf(genre))}` });
    fill.style.setProperty("width", `${(100 * share).toFixed(2)}%`);
    const track = element("span", { class: "track", "aria-hidden": "true" }, fill);
    if (below !== null) {
      const mark = element("span", { class: "threshold" });
      mark.style.setProperty("left", `${(100 * below).toFixed(2)}%`);
      track.append(mark);
    }
    const swatch = element("i", { class: `swatch ${colour(genres.indexOf(genre))}`, "aria-hidden": "true" });
    list.append(
      element(
        "li",
        {},
        element("span", { class: "of" }, swatch, genre),
        track,
        element("span", { class: "n" }, percent(share, share < 0.1 ? 1 : 0)),
      ),
    );
  }
  if (ranked.length > SHOWN)
    list.append(element("li", { class: "rest soft" }, `and ${ranked.length - SHOWN} less likely`));
  const group = element("div", {}, list);
  if (below !== null) {
    group.append(
      element(
        "p",
        { class: "soft key" },
        element("i", { class: "threshold-key", "aria-hidden": "true" }),
        "from here on sure",
      ),
    );
  }
  return group;
}
