// What may be expected of new songs: the card's promise, as `genrefold inspect` computes it.
//
// Each genre's right answers follow the posterior predictive distribution of a binomial under Jeffreys' prior; the
// genres' counts are added. Source: Brown, Cai & DasGupta, Statistical Science 16 (2001).

/** New songs of each genre that the promise is about. */
export const EACH = 5;
/** What lies beyond either end, at most. */
const TAIL = 0.025;

/**
 * The 95 % interval of the share that will be right.
 * @param {number[][]} confusion a row for each true genre
 * @returns {import("./types").Interval}
 */
export function expected(confusion) {
  let chances = [1];
  confusion.forEach((row, genre) => {
    const [right, judged] = [row[genre] ?? 0, row.reduce((sum, count) => sum + count, 0)];
    chances = convolved(chances, betaBinomial(EACH, right + 0.5, judged - right + 0.5));
  });
  const all = chances.length - 1;
  return { low: beyond(chances) / all, high: 1 - beyond([...chances].reverse()) / all };
}

/**
 * The chances of 0 to `n` right ones if their share is drawn from Beta(a, b), each from the one before.
 * @param {number} n
 * @param {number} a
 * @param {number} b
 */
function betaBinomial(n, a, b) {
  let chance = 1;
  for (let i = 0; i < n; i++) chance *= (b + i) / (a + b + i);
  const chances = [chance];
  for (let k = 0; k < n; k++) {
    chance *= ((n - k) * (a + k)) / ((k + 1) * (b + n - k - 1));
    chances.push(chance);
  }
  return chances;
}

/**
 * @param {number[]} one
 * @param {number[]} other
 */
function convolved(one, other) {
  const sum = Array(one.length + other.length - 1).fill(0);
  one.forEach((x, i) => other.forEach((y, j) => (sum[i + j] += x * y)));
  return sum;
}

/**
 * How many of the first chances stay within the tail.
 * @param {number[]} chances
 */
function beyond(chances) {
  let below = 0;
  const end = chances.findIndex((chance) => (below += chance) > TAIL);
  return Math.max(0, end);
}
