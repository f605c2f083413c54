// Learning curves of a run: a line for each fold, a strong one for a fold that is being trained.

import { drawn, element } from "./dom.js";
import { percent } from "./format.js";

/** @typedef {{ loss: number, accuracy: number, macro_recall: number }} Validation */
/** @typedef {{ epoch: number, training_loss: number, validation?: Validation | null }} Epoch */
/** @typedef {{ fold: number, finished: boolean, accuracy: number | null, history: Epoch[] }} Fold */

/** Size of a drawing in its own units; it scales with the page. */
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [420, 200, 44, 172, 10];

/**
 * Both drawings; null where nothing has been learned yet.
 * @param {Fold[]} folds
 */
export function curves(folds) {
  const begun = folds.filter(({ history }) => history.length > 0);
  if (begun.length === 0) return null;
  const loss = (/** @type {Epoch} */ epoch) => epoch.training_loss;
  const recall = (/** @type {Epoch} */ epoch) => epoch.validation?.macro_recall ?? null;
  const highest = Math.max(...begun.flatMap(({ history }) => history.map(loss)));
  return element(
    "div",
    { class: "curves" },
    curve("Training loss", begun, loss, highest, (value) => value.toFixed(1)),
    curve("Found in validation (macro recall)", begun, recall, 1, (value) => percent(value)),
  );
}

/**
 * @param {string} title
 * @param {Fold[]} folds
 * @param {(epoch: Epoch) => number | null} of
 * @param {number} highest
 * @param {(value: number) => string} told
 */
function curve(title, folds, of, highest, told) {
  const epochs = Math.max(2, ...folds.map(({ history }) => history.at(-1)?.epoch ?? 0));
  const x = (/** @type {number} */ epoch) => LEFT + ((WIDTH - LEFT - 8) * (epoch - 1)) / (epochs - 1);
  const y = (/** @type {number} */ value) => BOTTOM - ((BOTTOM - TOP) * value) / (highest || 1);
  const svg = drawn("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${title}: ${ends(folds, of, told)}`,
  });
  for (const share of [0, 0.5, 1]) {
    const at = y(share * highest);
    svg.append(
      drawn(
        "g",
        { class: "axis" },
        drawn("line", { x1: LEFT, x2: WIDTH - 8, y1: at, y2: at }),
        drawn("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, told(share * highest)),
      ),
    );
  }
  for (const [epoch, anchor] of [
    [1, "start"],
    [epochs, "end"],
  ]) {
    svg.append(
      drawn(
        "g",
        { class: "axis" },
        drawn("text", { x: x(Number(epoch)), y: BOTTOM + 18, "text-anchor": anchor }, epoch === 1 ? "epoch 1" : epoch),
      ),
    );
  }
  folds.forEach(({ finished, history }) => {
    const places = history.flatMap((epoch) => {
      const value = of(epoch);
      return value === null ? [] : [`${x(epoch.epoch).toFixed(1)},${y(value).toFixed(1)}`];
    });
    svg.append(drawn("polyline", { class: finished ? "curve" : "curve live", points: places.join(" ") }));
  });
  return element("figure", {}, element("figcaption", {}, element("h3", {}, title)), svg);
}

/**
 * @param {Fold[]} folds
 * @param {(epoch: Epoch) => number | null} of
 * @param {(value: number) => string} told
 */
function ends(folds, of, told) {
  return folds
    .map(({ fold, history }) => {
      const value = history
        .map(of)
        .filter((value) => value !== null)
        .at(-1);
      return `fold ${fold} ${value === undefined || value === null ? "none yet" : told(value)}`;
    })
    .join(", ");
}
