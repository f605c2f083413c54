// Where everything begins: which page an address means, and going from one to another without losing the songs.

import { append, element } from "./dom.js";
import { droppable } from "./drop.js";
import { models } from "./knowledge.js";
import { modelPage } from "./model.js";
import { runPage, runsPage } from "./runs.js";
import { ServiceError } from "./service.js";
import { SongsPage } from "./songs.js";
import { themed } from "./theme.js";

/** @typedef {{ title: string, root: HTMLElement, leave?: () => void }} Page */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
/** @type {SongsPage | null} */
let songs = null;
/** @type {Page | null} */
let shown = null;
/** How many times a page was asked for: one that comes late is not shown. */
let asked = 0;

/**
 * The page of an address.
 * @param {string} path
 * @returns {Promise<Page>}
 */
async function pageOf(path) {
  if (path === "/model") return { title: "The model", root: await modelPage() };
  if (path === "/runs") return { title: "Runs", ...(await runsPage()) };
  const run = /^\/runs\/([^/]+)$/.exec(path)?.[1];
  if (run !== undefined) return { title: decodeURIComponent(run), ...(await runPage(decodeURIComponent(run))) };
  songs ??= new SongsPage(
    await models().then(
      (all) => all[0] ?? null,
      () => null,
    ),
  );
  return { title: "", root: songs.root };
}

/**
 * Shows the page of the present address.
 * @param {boolean} moved whether the person went there, so that the focus goes along
 */
async function show(moved) {
  const mine = ++asked;
  const path = location.pathname.replace(/(.)\/$/, "$1");
  /** @type {Page} */
  const page = await pageOf(path).catch((error) => ({ title: "Trouble", root: trouble(error) }));
  if (mine !== asked) return page.leave?.();
  shown?.leave?.();
  shown = page;
  main.replaceChildren(page.root);
  document.title = page.title === "" ? "genrefold" : `${page.title} – genrefold`;
  for (const link of document.querySelectorAll("header.site nav a")) {
    const here = link.getAttribute("href") === (path.startsWith("/runs") ? "/runs" : path);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!moved) return;
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** @param {unknown} error */
function trouble(error) {
  const text = error instanceof Error ? error.message : String(error);
  const again = element("button", { type: "button", class: "main", onclick: () => void show(false) }, "Try again");
  const card = element("div", { class: "card narrow" }, element("h1", {}, "That did not work"), element("p", {}, text));
  append(card, error instanceof ServiceError && error.status === 404 ? null : again);
  return card;
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (
    link === null ||
    !plain ||
    link.origin !== location.origin ||
    link.target !== "" ||
    link.hash !== "" ||
    link.download !== ""
  )
    return;
  if (link.pathname.endsWith("/report") || link.protocol === "blob:") return;
  event.preventDefault();
  if (link.pathname !== location.pathname) history.pushState(null, "", link.href);
  void show(true);
});
droppable(async (found) => {
  // A song that is dropped on another page is meant for the page of songs.
  if (songs === null || shown?.root !== songs.root) {
    history.pushState(null, "", "/");
    await show(true);
  }
  songs?.take(found);
});
document.addEventListener("keydown", (event) => {
  if (songs !== null && shown?.root === songs.root && !event.defaultPrevented) songs.key(event);
});
window.addEventListener("popstate", () => void show(true));
window.addEventListener("beforeunload", (event) => {
  if (songs?.working) event.preventDefault();
});
const theme = document.getElementById("theme");
if (theme !== null) themed(theme);
void show(false);
