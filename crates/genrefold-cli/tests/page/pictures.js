// Takes the README's pictures: of synthesised songs, so that they show nobody's music.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { browser, drop, open, pictured, service, settled } from "./harness.js";
import { png } from "./png.js";
import { NAMES, band, threeSongs, wav } from "./songs.js";

const folder = process.argv[2] ?? ".";
/**
 * Takes a picture of a page.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 * @param {import("playwright-core").PageScreenshotOptions} [options]
 */
async function take(page, name, options = {}) {
  const shot = (await page.screenshot({ fullPage: true, ...options })).toString("base64");
  const blank = await chromium.newPage();
  const { width, height, pixels } = await blank.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return { width: image.width, height: image.height, pixels: btoa(text) };
  }, shot);
  await blank.close();
  await writeFile(join(folder, name), png(width, height, Buffer.from(pixels, "base64")));
}

const served = await service("--runs", join(process.env.ROOT ?? "", "results"));
const chromium = await browser();

/** A piece in three parts, with a pause, that the network takes for several things one after the other. */
function suite() {
  const parts = [
    band({ seconds: 14, beat: 0.34, root: 82, drums: 0.9, seed: 11 }),
    band({ seconds: 14, beat: 0.8, root: 196, drums: 0.03, seed: 3, loud: (second) => Math.min(1, second / 2) }),
    new Float32Array(22050 * 8),
    band({ seconds: 16, beat: 0.5, root: 110, drums: 0.5, seed: 7 }),
  ];
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return wav(whole);
}

for (const colorScheme of ["light", "dark"]) {
  const { page, close } = await open(chromium, served.address, { colorScheme, viewport: { width: 1000, height: 800 } });
  const [, ...others] = threeSongs();
  await drop(page, [{ name: NAMES[0], buffer: suite() }, ...others]);
  await settled(page, 3);
  await pictured(page);
  await page.locator(".place").evaluate((range) => {
    range.value = "17";
    range.dispatchEvent(new Event("input"));
  });
  await take(page, `song-${colorScheme}.png`);
  await close();
}
const { page } = await open(chromium, `${served.address}/model`, { viewport: { width: 1240, height: 800 } });
await page.locator(".confusion").waitFor();
await take(page, "model.png", { clip: { x: 0, y: 0, width: 1240, height: 1330 } });
await chromium.close();
await served.stop();
