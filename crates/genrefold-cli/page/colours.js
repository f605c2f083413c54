// A colour for each genre. The colours themselves stand in style.css, once for light and once for dark.

/** How many colours there are; further genres take them again, with a pattern over them. */
export const COLOURS = 12;

/**
 * The classes that give an element a genre's colour.
 * @param {number} genre index in the model's order; below 0 for a genre that the model does not have
 */
export function colour(genre) {
  if (genre < 0) return "genre none";
  return `genre g${genre % COLOURS}${genre >= COLOURS ? " again" : ""}`;
}

/**
 * Nine evenly spaced colours of matplotlib's perceptually uniform map "magma" (CC0), from quiet to loud.
 * @type {[number, number, number][]}
 */
const MAGMA = [
  [0, 0, 4],
  [28, 16, 68],
  [79, 18, 123],
  [129, 37, 129],
  [181, 54, 122],
  [229, 89, 100],
  [251, 135, 97],
  [254, 194, 135],
  [252, 253, 191],
];

/**
 * The map from a byte to a colour, as 256 red, green, blue triples.
 * @returns {Uint8ClampedArray}
 */
export function loudness() {
  const map = new Uint8ClampedArray(256 * 3);
  for (let value = 0; value < 256; value++) {
    const place = (value / 255) * (MAGMA.length - 1);
    const below = Math.min(Math.floor(place), MAGMA.length - 2);
    const [low, high] = [MAGMA[below] ?? [0, 0, 0], MAGMA[below + 1] ?? [0, 0, 0]];
    for (let part = 0; part < 3; part++) {
      map[value * 3 + part] = (low[part] ?? 0) + ((high[part] ?? 0) - (low[part] ?? 0)) * (place - below);
    }
  }
  return map;
}
