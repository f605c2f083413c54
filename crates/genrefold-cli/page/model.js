// The page of the model: what it learned from, how good it is, and what it must not be used for.

import { colour } from "./colours.js";
import { confusion } from "./confusion.js";
import { append, element } from "./dom.js";
import { counted, percent } from "./format.js";
import { models } from "./knowledge.js";
import { scroll } from "./tables.js";

/** @typedef {import("./types").Model} Model */
/** @typedef {import("./types").Card} Card */
/** @typedef {import("./types").Scores} Scores */
/** @typedef {import("./types").Interval} Interval */
/** @typedef {import("./dom.js").Child} Child */

/** @returns {Promise<HTMLElement>} */
export async function modelPage() {
  const all = await models();
  const page = element("div", { class: "document model" });
  all.forEach((model, at) => page.append(...sections(model, at)));
  return page;
}

/**
 * @param {Model} model
 * @param {number} at
 */
function sections({ id, embedded, card, promise }, at) {
  const figures = card.training.figures;
  const title = embedded ? "The built-in model" : "The model";
  const made = `${card.program} · ${id.slice(0, 12)}`;
  const head = element("header", {}, element(at === 0 ? "h1" : "h2", {}, title), element("p", { class: "soft" }, made));
  if (figures === null) {
    return [
      head,
      section("How good it is", element("p", {}, "Nobody measured it: its answers can be right or wrong.")),
      learned(card, null),
      misuse(embedded),
    ];
  }
  return [
    head,
    good(figures.scores, figures.judged, promise),
    sure(card),
    learned(card, figures.scores),
    section("What it takes for what", ...confusion(card.genres, figures.scores.confusion.counts)),
    misuse(embedded),
  ];
}

/**
 * @param {string} title
 * @param {...Child} children
 */
function section(title, ...children) {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}

/**
 * @param {Scores} scores
 * @param {string} judged
 * @param {Model["promise"]} promise
 */
function good(scores, judged, promise) {
  return section(
    "How good it is",
    element(
      "div",
      { class: "figures" },
      figure("Right, of all songs judged", percent(scores.accuracy, 1), scores.interval, scores.accuracy),
      figure("Found, every genre counting the same", percent(scores.recall, 1), null, scores.recall),
      figure("Macro F1", percent(scores.f1, 1), null, scores.f1),
    ),
    ...(promise === null ? [] : [promised(promise, scores.genres.length)]),
    element("p", { class: "soft" }, `Judged: ${judged}.`),
  );
}

/**
 * @param {NonNullable<Model["promise"]>} promise
 * @param {number} genres
 */
function promised({ songs_of_each_genre: each, accuracy }, genres) {
  return element(
    "div",
    { class: "promise" },
    element(
      "p",
      {},
      element("b", {}, "The promise: "),
      `of ${counted(each * genres, "new song")} of the same kind, ${each} of each genre, `,
      element("b", {}, `${percent(accuracy.low)} to ${percent(accuracy.high)}`),
      " will be right, with 95 % certainty.",
    ),
    range(accuracy, null),
  );
}

/**
 * A figure with its interval, drawn and told.
 * @param {string} title
 * @param {string} value
 * @param {Interval | null} interval
 * @param {number} share
 */
function figure(title, value, interval, share) {
  const told = interval === null ? "" : `95 %: ${percent(interval.low, 1)} to ${percent(interval.high, 1)}`;
  return element(
    "div",
    { class: "figure" },
    element("p", { class: "value" }, value),
    element("p", {}, title),
    range(interval, share),
    element("p", { class: "soft" }, told),
  );
}

/**
 * A line from nothing to everything with an interval and a value on it.
 * @param {Interval | null} interval
 * @param {number | null} value
 */
function range(interval, value) {
  const line = element("div", { class: "range", "aria-hidden": "true" });
  if (interval !== null) {
    const band = element("span", { class: "band" });
    band.style.setProperty("left", `${100 * interval.low}%`);
    band.style.setProperty("width", `${100 * (interval.high - interval.low)}%`);
    line.append(band);
  }
  if (value !== null) {
    const dot = element("span", { class: "dot" });
    dot.style.setProperty("left", `${100 * value}%`);
    line.append(dot);
  }
  return line;
}

/** @param {Card} card */
function sure(card) {
  const { calibration } = card;
  const reliability = card.training.figures?.reliability;
  const parts = [];
  if (calibration?.unsure_below) {
    const told = reliability?.sure;
    parts.push(
      element(
        "p",
        {},
        "An answer whose probability is below ",
        element("b", {}, percent(calibration.unsure_below, 1)),
        " is called ",
        element("span", { class: "badge" }, "unsure"),
        ": the page shows it, but nobody should rely on it.",
      ),
    );
    if (told) {
      parts.push(
        element(
          "div",
          { class: "figures" },
          figure("of the songs are answered surely", percent(told.coverage, 1), null, told.coverage),
          figure("of these answers are right", percent(told.accuracy, 1), told.interval, told.accuracy),
        ),
      );
    }
  }
  if (calibration && reliability) parts.push(...calibrated(calibration, reliability));
  if (parts.length === 0)
    parts.push(element("p", {}, "Its probabilities are the network's own: nobody measured how honest they are."));
  return section("What “unsure” means", ...parts);
}

/**
 * @param {NonNullable<Card["calibration"]>} calibration
 * @param {import("./types").Reliability} reliability
 */
function calibrated(calibration, reliability) {
  const way = calibration.temperature < 1 ? "modest" : "bold";
  const row = (/** @type {string} */ name, /** @type {number} */ off, /** @type {number} */ loss) => {
    const fill = element("span", { class: "fill" });
    fill.style.setProperty("width", `${Math.min(100, 400 * off)}%`);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", { class: "n" }, percent(off, 1)),
      element("td", { class: "wide-bar", "aria-hidden": "true" }, element("span", { class: "track" }, fill)),
      element("td", { class: "n" }, loss.toFixed(3)),
    );
  };
  const head = element(
    "tr",
    {},
    element("td"),
    element("th", { scope: "col", class: "n", colspan: 2 }, "sureness off by"),
    element("th", { scope: "col", class: "n" }, "log loss"),
  );
  return [
    element("h3", {}, "Calibration"),
    element(
      "p",
      {},
      "A network that says 80\u00a0% should be right in 80 of 100 such cases. ",
      `This one was off by ${percent(reliability.error_before, 1)} on average, mostly too ${way}; a temperature of `,
      `${calibration.temperature.toFixed(2)}, fitted on ${calibration.fitted_on}, makes it honest to `,
      `${percent(reliability.error_after, 1)}.`,
    ),
    scroll(
      "Calibration",
      element(
        "table",
        {},
        element("caption", { class: "visually-hidden" }, "Calibration"),
        element("thead", {}, head),
        element(
          "tbody",
          {},
          row("before", reliability.error_before, reliability.log_loss_before),
          row("after", reliability.error_after, reliability.log_loss_after),
        ),
      ),
    ),
  ];
}

/**
 * @param {Card} card
 * @param {Scores | null} scores
 */
function learned(card, scores) {
  const { tracks } = card.training.data;
  const all = Object.values(tracks).reduce((sum, count) => sum + count, 0);
  const most = Math.max(1, ...Object.values(tracks));
  const columns = [
    "Genre",
    "Learned from",
    ...(scores ? ["Judged", "Found (recall)", "Right when named (precision)", "F1"] : []),
  ];
  const rows = card.genres.map((genre, at) => {
    const [count, of] = [tracks[genre] ?? 0, scores?.genres[at]];
    const cells = of ? [String(of.count), percent(of.recall, 1), percent(of.precision, 1), percent(of.f1, 1)] : [];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, element("i", { class: `swatch ${colour(at)}`, "aria-hidden": "true" }), genre),
      element("td", { class: "n" }, bar(count / most, colour(at)), String(count)),
      ...cells.map((text) => element("td", { class: "n" }, text)),
    );
  });
  const { front_end: end } = card;
  const rate = `${end.sample_rate_hz / 1000} kHz`;
  const input = `It hears clips of ${end.clip_seconds} s at ${rate} as ${end.bands} mel bands. `;
  const from = card.training.fine_tuned_from
    ? `It began as the model ${card.training.fine_tuned_from.slice(0, 12)}. `
    : "";
  return section(
    "What it learned from",
    element(
      "p",
      {},
      `${counted(all, "song")} of ${counted(card.genres.length, "genre")}. ${input}${from}`,
      "The fewer songs of a genre, the worse it is told.",
    ),
    scroll(
      "Genres",
      element(
        "table",
        {},
        element("caption", { class: "visually-hidden" }, "Songs and figures of each genre"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...columns.map((text, at) => element("th", { scope: "col", class: at > 0 ? "n" : "" }, text)),
          ),
        ),
        element("tbody", {}, ...rows),
      ),
    ),
  );
}

/**
 * @param {number} share
 * @param {string} kind
 */
function bar(share, kind) {
  const fill = element("span", { class: `fill ${kind}` });
  fill.style.setProperty("width", `${100 * share}%`);
  return element("span", { class: "track", "aria-hidden": "true" }, fill);
}

/** @param {boolean} embedded */
function misuse(embedded) {
  const points = [
    "To decide alone about people: payment, rights, moderation, who is played. These figures do not carry that.",
    "To overwrite genres that people have chosen.",
    "On music of another kind than it learned from: it knows nothing else, and calls everything one of its genres.",
  ];
  if (embedded)
    points.push(
      "To judge anything on GTZAN: it has learned from these songs. GTZAN has faults, and artists are not kept apart.",
    );
  const list = element("ul", {});
  append(list, ...points.map((text) => element("li", {}, text)));
  return section("What it must not be used for", list);
}
