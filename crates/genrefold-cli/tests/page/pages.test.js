// The pages of the model and the runs, and the token.

import assert from "node:assert/strict";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browser, drop, open, service, settled, sideways } from "./harness.js";
import { shortSong } from "./songs.js";

const TOKEN = "a token that nobody guesses".replaceAll(" ", "-");
const WIDTHS = [1280, 360];
/** The fold that comes while the page is open. */
const LATE = join("folds", "04.json");

let chromium, folder, served, guarded;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "genrefold-page-"));
  await cp(join(process.env.ROOT ?? "", "results", "quick-voting"), join(folder, "runs", "quick-voting"), {
    recursive: true,
    // Four folds, however many there are by now.
    filter: (path) => !/folds.(0[5-9]|10)\.json$/.test(path),
  });
  await rename(join(folder, "runs", "quick-voting", LATE), join(folder, "late.json"));
  await writeFile(join(folder, "token"), TOKEN);
  served = await service("--runs", join(folder, "runs"));
  guarded = await service("--token-file", join(folder, "token"));
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await served?.stop();
  await guarded?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("the model's page shows its card, genre by genre, with the promise that the program makes", async () => {
  const { page, complaints, close } = await open(chromium, `${served.address}/model`);
  await page.locator(".confusion").waitFor();
  const [{ card, promise }] = await page.evaluate(() => fetch("/v1/models").then((answer) => answer.json()));
  const { scores } = card.training.figures;
  const text = await page.locator("main").innerText();
  assert.ok(text.includes(`${(100 * scores.accuracy).toFixed(1)}\u00a0%`), text);
  assert.ok(text.includes(`${(100 * card.calibration.unsure_below).toFixed(1)}\u00a0%`), text);
  // As `genrefold inspect` says of the embedded model.
  assert.ok(text.includes("60\u00a0% to 84\u00a0%"), text);
  const ends = [promise.accuracy.low, promise.accuracy.high].map((end) => `${Math.round(100 * end)}\u00a0%`);
  assert.ok(text.includes(ends.join(" to ")), text);
  const cells = await page.locator(".confusion tbody td").allTextContents();
  assert.deepEqual(cells.map(Number), scores.confusion.counts.flat());
  for (const heading of [
    "How good it is",
    "What “unsure” means",
    "What it learned from",
    "What it takes for what",
    "What it must not be used for",
  ]) {
    await page.getByRole("heading", { name: heading }).waitFor();
  }
  assert.deepEqual(complaints, []);
  await close();
});

test("the runs are listed, and one shows a fold as soon as it is there", async () => {
  const { page, complaints, close } = await open(chromium, `${served.address}/runs`);
  await page.getByRole("link", { name: "quick-voting" }).click();
  await page.locator(".curves").waitFor();
  assert.equal(new URL(page.url()).pathname, "/runs/quick-voting");
  await page.getByText("3 of 10\u00a0folds").waitFor();
  const report = page.frameLocator("iframe");
  await report.getByText("3 of 10").first().waitFor();
  await rename(join(folder, "late.json"), join(folder, "runs", "quick-voting", LATE));
  await page.getByText("4 of 10\u00a0folds").waitFor({ timeout: 60_000 });
  await report.getByText("4 of 10").first().waitFor({ timeout: 60_000 });
  assert.deepEqual(complaints, []);
  await close();
});

test("a fold that is being trained is drawn epoch by epoch, stronger than those that are done", async () => {
  const { page, close } = await open(chromium, `${served.address}/model`);
  let epochs = 2;
  await page.route("**/v1/runs/quick-voting", async (route) => {
    const run = await (await route.fetch()).json();
    const [{ history }] = run.folds;
    const fold = { fold: 9, finished: false, best_epoch: null, accuracy: null, macro_f1: null };
    const begun = { ...fold, history: history.slice(0, epochs++) };
    await route.fulfill({ json: { ...run, running: true, folds: [...run.folds, begun] } });
  });
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("link", { name: "quick-voting" }).click();
  await page.locator(".badge.live").waitFor();
  await page.getByText(/Fold\s9:\sepoch\s2,/).waitFor();
  assert.equal(await page.locator(".curve.live").count(), 2);
  await page.getByText(/Fold\s9:\sepoch\s3,/).waitFor();
  await close();
});

test("a service without runs says how to show some", async () => {
  const { page, close } = await open(chromium, `${guarded.address}/model`, {
    extraHTTPHeaders: { Authorization: `Bearer ${TOKEN}` },
  });
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByText("genrefold serve --runs FOLDER").waitFor();
  await close();
});

test("going to another page and back keeps the songs", async () => {
  const { page, close } = await open(chromium, served.address);
  await drop(page, [{ name: "kept.wav", buffer: shortSong() }]);
  await settled(page, 1);
  await page.getByRole("link", { name: "Model", exact: true }).click();
  await page.locator(".confusion").waitFor();
  assert.equal(await page.title(), "The model – genrefold");
  await page.goBack();
  await page.getByRole("button", { name: "kept.wav", exact: true }).waitFor();
  await close();
});

test("a run that is not there is said to be not there", async () => {
  const { page, close } = await open(chromium, `${served.address}/runs/none`);
  await page.getByRole("heading", { name: "That did not work" }).waitFor();
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`all pages are accessible in ${colorScheme} colours and fit a phone`, async () => {
    for (const [path, wait] of [
      ["/", ".drop"],
      ["/model", ".confusion"],
      ["/runs", ".run"],
      ["/runs/quick-voting", ".curves"],
    ]) {
      const { page, close } = await open(chromium, served.address + path, { colorScheme });
      await page.locator(wait).waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        assert.equal(await sideways(page), 0, `${path} at ${width}`);
        await accessible(page);
      }
      await close();
    }
  });
}

test("a service with a token asks for it, refuses a wrong one, and then hears songs", async () => {
  const { page, close } = await open(chromium, guarded.address);
  const field = page.getByLabel("Token", { exact: true });
  await field.waitFor();
  await accessible(page);
  await field.fill("wrong");
  await field.press("Enter");
  await page.locator("dialog .trouble:not(:empty)").waitFor();
  await field.fill(TOKEN);
  await field.press("Enter");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.locator(".genres li").first().waitFor();
  await drop(page, [{ name: "secret.wav", buffer: shortSong() }]);
  await settled(page, 1);
  assert.equal(await page.locator(".songs td.state").textContent(), "heard");
  assert.equal(await page.evaluate(() => document.cookie), "", "no script can read the session");
  await close();
});

test("a token that is wanted only when a song is sent is asked for then", async () => {
  const { page, close } = await open(chromium, guarded.address);
  await page.getByRole("button", { name: "Cancel" }).click();
  await drop(page, [{ name: "late.wav", buffer: shortSong() }]);
  await page.getByLabel("Token", { exact: true }).fill(TOKEN);
  await page.getByRole("button", { name: "Go on" }).click();
  await settled(page, 1);
  assert.equal(await page.locator(".songs td.state").textContent(), "heard");
  await close();
});
