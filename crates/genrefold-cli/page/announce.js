// What screen readers are told when something happened that nobody asked for at that moment.

/** Seconds in which news are gathered, so that a hundred songs are not a hundred interruptions. */
const GATHERED = 0.8;

/** @type {string[]} */
let news = [];

/**
 * Says something when there is a pause.
 * @param {string} text
 */
export function announce(text) {
  news.push(text);
  if (news.length > 1) return;
  setTimeout(() => {
    const last = news.at(-1) ?? "";
    const region = document.getElementById("news");
    if (region !== null)
      region.textContent = news.length > 3 ? `${news.length} news, the last: ${last}` : news.join(". ");
    news = [];
  }, 1000 * GATHERED);
}
