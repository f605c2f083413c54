// The service and the browser that the tests look at it with.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const LISTENS = /listens on (http:\/\/\S+)/;

/**
 * Starts the service on a free port.
 * @param {...string} options
 * @returns {Promise<{ address: string, stop: () => Promise<void> }>}
 */
export async function service(...options) {
  const child = spawn(process.env.GENREFOLD ?? "genrefold", ["serve", "--bind", "127.0.0.1:0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const told = [];
  child.stderr.on("data", (piece) => told.push(piece));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  for await (const line of createInterface(child.stdout)) {
    const address = LISTENS.exec(line)?.[1];
    // What it says later must not fill the pipe.
    child.stdout.resume();
    if (address !== undefined) return { address, stop };
  }
  throw new Error(`the service ended before it listened: ${Buffer.concat(told)}`);
}

/** One Chromium for a file of tests. */
export function browser() {
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"];
  return chromium.launch({ executablePath: process.env.CHROMIUM, args });
}

/**
 * Opens a page, and keeps whatever the console, a script or the security policy complains of.
 * @param {import("playwright-core").Browser} browser
 * @param {string} address
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  await page.goto(address);
  return { page, complaints, close: () => context.close() };
}

/**
 * A service, Chromium and a page for all tests of a file: opened before the first of them, closed after the last.
 * @returns {Awaited<ReturnType<typeof open>>}
 */
export function visit() {
  const seen = /** @type {Awaited<ReturnType<typeof open>>} */ ({});
  let chromium, served;
  before(async () => {
    served = await service();
    chromium = await browser();
    Object.assign(seen, await open(chromium, served.address));
  });
  after(async () => {
    await chromium?.close();
    await served?.stop();
  });
  return seen;
}

/**
 * Drops files on the page as a person does, by one event with all of them.
 * @param {import("playwright-core").Page} page
 * @param {{ name: string, buffer: Buffer }[]} files
 */
export async function drop(page, files) {
  const given = files.map(({ name, buffer }) => ({ name, bytes: buffer.toString("base64") }));
  await page.locator(".drop").waitFor();
  await page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of all)
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    document
      .querySelector(".drop")
      .dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, given);
}

/**
 * Drops things of the disk on the page, folders too, as the system does it.
 * @param {import("playwright-core").Page} page
 * @param {string[]} paths
 */
export async function dropPaths(page, paths) {
  const box = await page.locator(".drop").boundingBox();
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: box.x + 20, y: box.y + 20, data });
  }
  await session.detach();
}

/**
 * Waits until so many songs are done.
 * @param {import("playwright-core").Page} page
 * @param {number} count
 */
export function settled(page, count) {
  const done = ".songs td.state.heard, .songs td.state.failed, .songs td.state.cancelled";
  return page.waitForFunction(([selector, all]) => document.querySelectorAll(selector).length === all, [done, count], {
    timeout: 120_000,
  });
}

/**
 * Waits until the open song's pictures are drawn.
 * @param {import("playwright-core").Page} page
 */
export function pictured(page) {
  return page.waitForFunction(
    () => {
      const body = document.querySelector(".song-body");
      return body !== null && !body.hidden && document.querySelector(".chart.empty") === null;
    },
    undefined,
    { timeout: 120_000 },
  );
}

/**
 * Holds the page to what axe checks of WCAG.
 * @param {import("playwright-core").Page} page
 */
export async function accessible(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    // The report in the frame is a page of its own, and one without scripts.
    const { violations } = await globalThis.axe.run(document, { iframes: false });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map((node) => node.html.slice(0, 160)),
    }));
  });
  const grave = found.filter(({ impact }) => impact !== "minor");
  assert.deepEqual(grave, []);
}

/**
 * How far the page can be scrolled to the side, CSS pixels.
 * @param {import("playwright-core").Page} page
 */
export function sideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/**
 * The names in the table, from above.
 * @param {import("playwright-core").Page} page
 */
export function order(page) {
  return page.locator(".songs tbody .open").allTextContents();
}
