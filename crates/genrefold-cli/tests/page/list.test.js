// Many songs: the table, the downloads, and what goes wrong.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { drop, dropPaths, order, settled, visit } from "./harness.js";
import { NAMES, shortSong, threeSongs } from "./songs.js";

/** A name that a spreadsheet would calculate, and one whose umlaut is two characters. */
const FORMULA = '=1+1,"x".wav';
const APART = "Mo\u0308tley.wav";
const ODD = "broken.mp3";

const seen = visit();

/**
 * What a button gives the person.
 * @param {string} name
 */
async function download(name) {
  const [given] = await Promise.all([
    seen.page.waitForEvent("download"),
    seen.page.getByRole("button", { name }).click(),
  ]);
  return { name: given.suggestedFilename(), text: await readFile(await given.path(), "utf8") };
}

/**
 * Rows of RFC 4180.
 * @param {string} text
 */
function rows(text) {
  const fields = [...text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g)];
  const all = [[]];
  for (const [, field, end] of fields) {
    all.at(-1).push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end !== ",") all.push([]);
  }
  return all.slice(0, -1);
}

test("files that are no songs by their names are passed over, and counted", async () => {
  const { page } = seen;
  const other = Buffer.from("nothing");
  const odd = [
    { name: "cover.jpg", buffer: other },
    { name: "notes.txt", buffer: other },
    { name: ODD, buffer: other },
  ];
  const song = shortSong();
  await drop(page, [...threeSongs(), { name: FORMULA, buffer: song }, { name: APART, buffer: song }, ...odd]);
  assert.equal(
    await page.locator(".passed").textContent(),
    "2\u00a0files are no songs by their names and were passed over.",
  );
  await settled(page, 6);
});

test("a file that is no music is named with the service's own words, and the others are heard", async () => {
  const { page } = seen;
  const row = page.locator(".songs tbody tr").filter({ hasText: ODD });
  assert.equal(await row.locator("td.state").textContent(), "failed");
  const said = await page.evaluate(() =>
    fetch("/v1/classify", {
      method: "POST",
      body: new Blob(["nothing"]),
      headers: { "Content-Type": "audio/mpeg" },
    }).then((answer) => answer.json()),
  );
  assert.equal(await row.locator("th .trouble").textContent(), said.error);
  assert.equal(await page.locator(".songs td.state.heard").count(), 5);
});

test("a failed song can be tried again", async () => {
  const { page } = seen;
  await page.getByRole("button", { name: `Try again: ${ODD}` }).click();
  await page.locator(".songs tbody tr").filter({ hasText: ODD }).locator("td.state.failed").waitFor();
  await settled(page, 6);
});

test("headers sort, up and down, and say so", async () => {
  const { page } = seen;
  const header = (name) => page.locator(".songs thead").getByRole("button", { name });
  const sorted = (name) => page.locator(".songs thead th").filter({ hasText: name }).getAttribute("aria-sort");
  await header("Song").click();
  assert.equal(await sorted("Song"), "ascending");
  const rising = await order(page);
  const collator = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
  assert.deepEqual(rising, [...rising].sort(collator.compare));
  await header("Song").click();
  assert.equal(await sorted("Song"), "descending");
  assert.deepEqual(await order(page), rising.reverse());
  await header("Length").click();
  assert.deepEqual([await sorted("Song"), await sorted("Length")], ["none", "descending"]);
  const lengths = await page.locator(".songs td.length").allTextContents();
  // The longest first; the failed song has no length and comes last.
  assert.deepEqual(lengths, ["0:30", "0:16", "0:12", "0:06", "0:06", ""]);
  await header("Probability").press("Enter");
  const shares = (await page.locator(".songs td.probability .n").allTextContents()).map((text) =>
    Number.parseFloat(text),
  );
  assert.deepEqual(
    shares,
    [...shares].sort((one, other) => other - one),
  );
});

test("the table is filtered by name without regard to accents, by genre and by sureness", async () => {
  const { page } = seen;
  const find = page.getByRole("searchbox", { name: "Find a song" });
  await find.fill("motley");
  await page.waitForFunction(() => document.querySelectorAll(".songs tbody tr").length === 1);
  assert.deepEqual(await order(page), [APART.normalize("NFC")]);
  await find.fill("歌");
  await page.waitForFunction((name) => document.querySelector(".songs .open")?.textContent === name, NAMES[1]);
  await find.fill("");
  await page.getByRole("combobox", { name: "State" }).selectOption("failed");
  await page.waitForFunction(() => document.querySelectorAll(".songs tbody tr").length === 1);
  assert.deepEqual(await order(page), [ODD]);
  await page.getByRole("combobox", { name: "State" }).selectOption("");
  await page.waitForFunction(() => document.querySelectorAll(".songs tbody tr").length === 6);
  const genre = await page.locator(".songs td.genre-cell").first().textContent();
  await page.getByRole("combobox", { name: "Genre" }).selectOption(genre);
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll(".songs td.genre-cell")].every((cell) => cell.textContent === wanted),
    genre,
  );
  await page.getByRole("combobox", { name: "Genre" }).selectOption("");
});

test("the CSV is whole, marked as UTF-8, and calculates nothing", async () => {
  const { name, text } = await download("CSV download");
  assert.equal(name, "genres.csv");
  assert.equal(text.codePointAt(0), 0xfeff);
  const [header, ...songs] = rows(text.slice(1));
  assert.deepEqual(header.slice(0, 7), ["file", "genre", "probability", "unsure", "seconds", "clips", "faults"]);
  assert.equal(header.at(-1), "error");
  assert.equal(songs.length, 6);
  assert.ok(songs.every((row) => row.length === header.length));
  const of = (file) => songs.find(([first]) => first === file);
  assert.ok(of(`'${FORMULA}`), text);
  assert.ok(of(APART) && of(NAMES[0]) && of(NAMES[1]) && of(NAMES[2]), text);
  assert.match(of(ODD).at(-1), /audio/);
  const genres = of(NAMES[0]).slice(7, -1).map(Number);
  assert.ok(Math.abs(genres.reduce((sum, share) => sum + share, 0) - 1) < 1e-3);
  assert.equal(Number(of(NAMES[0])[2]), Math.max(...genres));
});

test("the JSON holds what the service answered", async () => {
  const { name, text } = await download("JSON download");
  assert.equal(name, "genres.json");
  const songs = JSON.parse(text);
  assert.equal(songs.length, 6);
  const [first, odd] = [songs.find(({ file }) => file === NAMES[0]), songs.find(({ file }) => file === ODD)];
  assert.equal(first.probability, first.genres[first.genre]);
  assert.ok(first.timeline.some(({ genre }) => genre === null));
  assert.equal(first.spectrogram, undefined);
  assert.deepEqual(Object.keys(odd), ["file", "error", "kind"]);
});

test("songs are removed one by one and all at once", async () => {
  const { page } = seen;
  await page.getByRole("button", { name: `Remove: ${NAMES[0]}` }).click();
  await page.waitForFunction(() => document.querySelectorAll(".songs tbody tr").length === 5);
  await page.getByRole("button", { name: "Remove all" }).click();
  await page.locator(".songs-page.empty").waitFor();
  assert.equal(await page.locator(".song").isVisible(), false);
});

test("a folder is walked through, whether it is dropped or chosen", async () => {
  const { page } = seen;
  const folder = await mkdtemp(join(tmpdir(), "genrefold-folder-"));
  const disc = join(folder, "Musik", "Größte Hits", "CD 2");
  await mkdir(disc, { recursive: true });
  await writeFile(join(disc, "01 夜.wav"), shortSong());
  await writeFile(join(folder, "Musik", "00.wav"), shortSong());
  for (const other of ["cover.jpg", ".hidden"]) await writeFile(join(disc, other), "nothing");
  await dropPaths(page, [join(folder, "Musik")]);
  await settled(page, 2);
  const paths = () => page.locator(".songs .folder").allTextContents();
  const expected = ["Musik", "Musik/Größte Hits/CD 2"];
  assert.deepEqual(await paths(), expected);
  assert.match(await page.locator(".passed").textContent(), /^2\u00a0files/);
  await page.getByRole("button", { name: "Remove all" }).click();
  await page.locator("#folder").setInputFiles(join(folder, "Musik"));
  await settled(page, 2);
  assert.deepEqual((await paths()).sort(), expected);
  await page.getByRole("button", { name: "Remove all" }).click();
  await rm(folder, { recursive: true });
});

test("a service that is busy is asked again, and the song says that it waits", async () => {
  const { page } = seen;
  let refusals = 0;
  await page.route("**/v1/classify*", async (route) => {
    if (refusals++ > 0) return route.fallback();
    const body = JSON.stringify({ error: "64 songs are waiting; come back later", kind: "busy" });
    return route.fulfill({ status: 503, headers: { "Retry-After": "1" }, contentType: "application/json", body });
  });
  await drop(page, [{ name: "patient.wav", buffer: shortSong() }]);
  await page.locator(".songs td.state.busy").waitFor();
  assert.match(await page.locator(".songs td.state").textContent(), /busy, again in 1/);
  await settled(page, 1);
  assert.equal(await page.locator(".songs td.state").textContent(), "heard");
  await page.unroute("**/v1/classify*");
  await page.getByRole("button", { name: "Remove all" }).click();
});

test("songs that wait can be cancelled, one and all, and heard later", async () => {
  const { page } = seen;
  // Requests are held until the songs are cancelled.
  const held = [];
  await page.route("**/v1/classify*", (route) => void held.push(route));
  await drop(
    page,
    ["one", "two", "three", "four"].map((name) => ({ name: `${name}.wav`, buffer: shortSong() })),
  );
  await page.locator(".songs td.state.sending").nth(1).waitFor();
  assert.equal(await page.locator(".songs td.state.waiting").count(), 2);
  await page.getByRole("button", { name: "Cancel: one.wav" }).click();
  await page.getByRole("button", { name: "Cancel all" }).click();
  await settled(page, 4);
  assert.match(await page.locator(".tally").textContent(), /4 cancelled/);
  await Promise.all(held.map((route) => route.abort().catch(() => undefined)));
  await page.unroute("**/v1/classify*");
  await page.getByRole("button", { name: "Try again: two.wav" }).click();
  await page.locator(".songs tbody tr").filter({ hasText: "two.wav" }).locator("td.state.heard").waitFor();
  await page.getByRole("button", { name: "Remove all" }).click();
});

test("at most two songs are with the service, however many are dropped", async () => {
  const { page } = seen;
  const [held, names] = [[], Array.from({ length: 500 }, (_, at) => `song ${at}.wav`)];
  await page.route("**/v1/classify*", (route) => void held.push(route));
  await drop(
    page,
    names.map((name) => ({ name, buffer: Buffer.from("RIFF") })),
  );
  await page.waitForFunction(() => document.querySelectorAll(".songs tbody tr").length === 500);
  assert.equal(await page.locator(".songs td.state.sending").count(), 2);
  await page.getByRole("button", { name: "Cancel all" }).click();
  await settled(page, 500);
  assert.equal(held.length, 2);
  await page.unroute("**/v1/classify*");
});

test("nothing else was complained of", () => {
  // The browser itself notes each refusal; the page must add nothing.
  const own = seen.complaints.filter((text) => !/Failed to load resource/.test(text));
  assert.deepEqual(own, []);
});
