// Numbers, times and names as people read them.

/**
 * Seconds as 0:12, 3:05 or 1:02:03.
 * @param {number} seconds
 */
export function time(seconds) {
  const all = Math.max(0, Math.floor(seconds + 1e-6));
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, String(all % 60).padStart(2, "0")];
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * A stretch of seconds, with tenths where it does not lie on whole ones.
 * @param {number} start
 * @param {number} end
 */
export function stretch(start, end) {
  return `${tenths(start)}–${tenths(end)}`;
}

/** @param {number} seconds */
function tenths(seconds) {
  const tenth = Math.round(seconds * 10);
  return time(Math.floor(tenth / 10)) + (tenth % 10 === 0 ? "" : `.${tenth % 10}`);
}

/**
 * A share as 87 %, or 0.4 % where it is small. The space does not break.
 * @param {number} share
 * @param {number} [digits]
 */
export function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
}

/**
 * A difference of shares in points, with its sign.
 * @param {number} share
 */
export function points(share) {
  const size = Math.abs(100 * share).toFixed(1);
  return `${share < 0 && size !== "0.0" ? "−" : ""}${size}`;
}

/**
 * One song, 2 songs.
 * @param {number} count
 * @param {string} one
 * @param {string} [more]
 */
export function counted(count, one, more = `${one}s`) {
  return `${count.toLocaleString("en")}\u00a0${count === 1 ? one : more}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e3) return counted(bytes, "byte");
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)}\u00a0kB` : `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}

/**
 * How long ago, in one word and a number.
 * @param {number} seconds
 */
export function ago(seconds) {
  if (seconds < 60) return "just now";
  const [count, unit] =
    seconds < 3600 ? [seconds / 60, "minute"] : seconds < 86400 ? [seconds / 3600, "hour"] : [seconds / 86400, "day"];
  return `${counted(Math.floor(Number(count)), String(unit))} ago`;
}
