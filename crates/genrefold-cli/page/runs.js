// The pages of the runs: what a study has trained so far, and its report, live while it goes on.

import { curves } from "./curves.js";
import { element, name } from "./dom.js";
import { ago, counted, percent } from "./format.js";
import { ask } from "./service.js";

/**
 * @typedef {object} Run
 * @property {string} name in addresses
 * @property {string} songs what they are, in words
 * @property {string} network
 * @property {string} protocol how songs are divided
 * @property {number} folds_done
 * @property {number} folds_planned
 * @property {boolean} running
 * @property {number} updated seconds since 1970
 */
/** @typedef {import("./curves.js").Fold} Fold */
/** @typedef {{ root: HTMLElement, leave: () => void }} Live */

/** Seconds between two looks, while a run is going on and when it is not. */
const LOOK = { running: 2, resting: 6 };

/** @returns {Promise<Live>} */
export async function runsPage() {
  const list = element("div", { class: "runs" });
  const root = element(
    "div",
    { class: "document" },
    element(
      "header",
      {},
      element("h1", {}, "Runs"),
      element(
        "p",
        { class: "soft" },
        "What crossval has trained in the folder that the service was started with, looked at again every few seconds.",
      ),
    ),
    list,
  );
  const draw = (/** @type {Run[]} */ runs) => {
    renew(
      list,
      ...(runs.length > 0
        ? runs.map(entry)
        : [
            element(
              "p",
              { class: "card" },
              "No run lies in the folder yet. One that crossval begins there will show up here.",
            ),
          ]),
    );
  };
  const first = await ask("/v1/runs").catch(withoutRuns);
  if (first === null) {
    list.append(
      element(
        "div",
        { class: "card" },
        element("p", {}, "This service shows no runs. To see a study here, live while it trains, start it with"),
        element("pre", {}, "genrefold serve --runs FOLDER"),
      ),
    );
    return { root, leave: () => undefined };
  }
  draw(first);
  const busy = (/** @type {Run[]} */ runs) => runs.some(({ running }) => running);
  return {
    root,
    leave: looking(busy(first), async () => {
      const runs = await ask("/v1/runs");
      draw(runs);
      return busy(runs);
    }),
  };
}

/**
 * A service that was not started with runs says so by its status.
 * @param {unknown} error
 * @returns {null}
 */
function withoutRuns(error) {
  if (error instanceof Error && "status" in error && error.status === 404) return null;
  throw error;
}

/** @param {Run} run */
function entry(run) {
  const link = element("a", { href: `/runs/${encodeURIComponent(run.name)}` }, name(shown(run.name)));
  return element(
    "article",
    { class: "card run" },
    element("h2", {}, link, " ", badge(run)),
    element("p", {}, run.songs),
    state(run),
  );
}

/**
 * A run's name as people write it: the folder of its study before it.
 * @param {string} run
 */
function shown(run) {
  return run.replace("~", " / ");
}

/** @param {Run} run */
function badge(run) {
  return run.running ? element("span", { class: "badge live" }, "training") : null;
}

/** @param {Run} run */
function state(run) {
  const { folds_done: done, folds_planned: planned } = run;
  const bar = element("progress", { max: Math.max(1, planned), value: done, "aria-label": `Folds of ${run.name}` });
  const changed = ago(Date.now() / 1000 - run.updated);
  return element(
    "div",
    { class: "folds" },
    bar,
    element(
      "p",
      { class: "soft" },
      `${run.network}, by ${run.protocol} · ${done} of ${counted(planned, "fold")} · changed ${changed}`,
    ),
  );
}

/**
 * @param {string} which
 * @returns {Promise<Live>}
 */
export async function runPage(which) {
  const address = `/v1/runs/${encodeURIComponent(which)}`;
  const head = element("header");
  const learning = element("section", { class: "card", "aria-label": "Learning curves" });
  const report = new Report(which);
  const root = element("div", { class: "document" }, head, learning, report.root);
  const draw = (/** @type {Run & { folds?: Fold[] }} */ run) => {
    renew(
      head,
      element("p", {}, element("a", { href: "/runs" }, "All runs")),
      element("h1", {}, name(shown(run.name)), " ", badge(run) ?? ""),
      element("p", {}, run.songs),
      state(run),
    );
    const drawn = curves(run.folds ?? []);
    learning.hidden = drawn === null;
    if (drawn !== null)
      learning.replaceChildren(
        element("h2", {}, "Learning"),
        drawn,
        element("p", { class: "soft" }, told(run.folds ?? [])),
      );
  };
  const first = await ask(address);
  draw(first);
  await report.look();
  return {
    root,
    leave: looking(first.running, async () => {
      const run = await ask(address);
      draw(run);
      await report.look();
      return run.running;
    }),
  };
}

/**
 * What the folds have come to.
 * @param {Fold[]} folds
 */
function told(folds) {
  return folds
    .map(({ fold, finished, accuracy, history }) => {
      if (finished) return `Fold ${fold}: ${accuracy === null ? "finished" : `${percent(accuracy, 1)} right`}`;
      const epoch = history.at(-1);
      return epoch === undefined
        ? `Fold ${fold}: begun`
        : `Fold ${fold}: epoch ${epoch.epoch}, loss ${epoch.training_loss.toFixed(3)}`;
    })
    .map((text) => text.replaceAll(" ", "\u00a0"))
    .join(" · ");
}

/** The study's own page in a frame, loaded anew when it is another: at once, or when the person who reads it wants. */
class Report {
  /** @param {string} which */
  constructor(which) {
    this.address = `/runs/${encodeURIComponent(which)}/report`;
    this.mark = "";
    // The report runs no scripts, and the frame lets it do nothing but open its links.
    this.frame = element("iframe", { title: `Report of ${which}`, sandbox: "allow-popups" });
    this.none = element("p", { class: "soft", hidden: true }, "There is no report yet: it comes with the first fold.");
    this.newer = element(
      "button",
      { type: "button", hidden: true, onclick: () => this.load() },
      "There is a newer one: show it",
    );
    const open = element("a", { href: this.address, target: "_blank", rel: "noopener" }, "Open it alone");
    this.root = element(
      "section",
      { class: "report" },
      element("div", { class: "report-bar" }, element("h2", {}, "Report"), this.newer, open),
      this.none,
      this.frame,
    );
  }

  async look() {
    const response = await fetch(this.address, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (response === null) return;
    this.none.hidden = response.ok;
    this.frame.hidden = !response.ok;
    const mark = response.headers.get("ETag") ?? "there";
    if (!response.ok || mark === this.mark) return;
    this.mark = mark;
    if (document.activeElement === this.frame) this.newer.hidden = false;
    else this.load();
  }

  load() {
    this.newer.hidden = true;
    this.frame.src = this.address;
  }
}

/**
 * Gives an element other children, and the focus back to the link that had it.
 * @param {HTMLElement} parent
 * @param {...Node} children
 */
function renew(parent, ...children) {
  const had = parent.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  parent.replaceChildren(...children);
  for (const link of parent.querySelectorAll("a"))
    if (had !== null && link.getAttribute("href") === had) link.focus({ preventScroll: true });
}

/**
 * Looks again and again until it is left; not while nobody sees the page.
 * @param {boolean} running
 * @param {() => Promise<boolean>} look tells whether something is running
 * @returns {() => void} ends it
 */
function looking(running, look) {
  let timer = 0;
  let left = false;
  const later = (/** @type {boolean} */ busy) => {
    if (!left) timer = window.setTimeout(again, 1000 * (busy ? LOOK.running : LOOK.resting));
  };
  const again = async () => {
    // A service that is gone for a moment is asked again as if nothing were.
    later(
      document.hidden
        ? running
        : await look().then(
            (busy) => (running = busy),
            () => running,
          ),
    );
  };
  later(running);
  return () => {
    left = true;
    window.clearTimeout(timer);
  };
}
