// Three songs are dropped; their pictures, the player, the keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, drop, order, pictured, settled, sideways, visit } from "./harness.js";
import { NAMES, threeSongs, unplayable } from "./songs.js";

const seen = visit();

test("three dropped songs are heard, and the first one opens by itself", async () => {
  const { page } = seen;
  await drop(page, threeSongs());
  await settled(page, 3);
  await pictured(page);
  assert.deepEqual(await order(page), NAMES);
  assert.equal(await page.locator("#song-title").textContent(), NAMES[0]);
  assert.equal(await page.locator(".songs td.state.heard").count(), 3);
  assert.match(await page.locator(".tally").textContent(), /^3\u00a0songs heard/);
  for (const share of await page.locator(".songs td.probability .n").allTextContents())
    assert.match(share, /^\d+\u00a0%$/);
});

test("a name that runs from right to left does so, and the others do not", async () => {
  const directions = await seen.page
    .locator(".songs .open bdi")
    .evaluateAll((all) => all.map((name) => getComputedStyle(name).direction));
  assert.deepEqual(directions, ["ltr", "ltr", "rtl"]);
});

test("the spectrogram is painted: loud where there is music, dark where there is none", async () => {
  const brightness = await seen.page.evaluate(() => {
    const canvas = document.querySelector("canvas.picture");
    // A copy is read: reading the canvas itself would make the browser keep it elsewhere.
    const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const mean = (from, to) => {
      const [x, width] = [Math.round(from * canvas.width), Math.round((to - from) * canvas.width)];
      const { data } = context.getImageData(x, 0, width, canvas.height);
      return data.reduce((sum, value, at) => (at % 4 === 3 ? sum : sum + value), 0) / (0.75 * data.length);
    };
    return { music: mean(0.05, 0.3), silence: mean(0.45, 0.65), ratio: canvas.width / canvas.clientWidth };
  });
  assert.ok(brightness.music > 30, JSON.stringify(brightness));
  assert.ok(brightness.silence < 0.5 * brightness.music, JSON.stringify(brightness));
  assert.ok(Math.abs(brightness.ratio - 1) < 0.01, JSON.stringify(brightness));
});

test("the timeline stacks every genre to certainty, and leaves silence out", async () => {
  const { page } = seen;
  assert.equal(await page.locator(".silence").count(), 1);
  const genres = await page.evaluate(() => fetch("/v1/genres").then((answer) => answer.json()));
  // One area for each genre on either side of the silence.
  assert.equal(await page.locator(".area").count(), 2 * genres.length);
  const box = await page
    .locator(".areas, .area")
    .evaluateAll((areas) => areas.map((area) => area.getBBox()).map(({ y, height }) => [y, y + height]));
  const [top, bottom] = [Math.min(...box.map(([y]) => y)), Math.max(...box.map(([, end]) => end))];
  const plot = await page.locator(".plot.middle").evaluate((element) => element.clientHeight - 20);
  assert.ok(top < 1 && Math.abs(bottom - plot) < 1, `${top} to ${bottom} of ${plot}`);
});

test("each second has a bar that says how much it mattered", async () => {
  const { page } = seen;
  const told = await page.locator(".plot.low svg").getAttribute("aria-label");
  assert.match(told, /^Seconds that mattered most for \w+: /);
  assert.ok((await page.locator(".plot.low .bar").count()) >= 10);
});

test("the bars over the whole song add up to one, the likeliest first", async () => {
  const shares = (await seen.page.locator(".bars .n").allTextContents()).map((text) => Number.parseFloat(text));
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) < 2, shares.join(" "));
  assert.deepEqual(
    shares,
    [...shares].sort((one, other) => other - one),
  );
});

test("an unsure answer is called so, in the table and over the bars", async () => {
  const { page } = seen;
  const answers = page.locator(".songs tbody tr");
  const below = await page.evaluate(() =>
    fetch("/v1/models")
      .then((answer) => answer.json())
      .then(([{ card }]) => card.calibration.unsure_below),
  );
  for (let at = 0; at < 3; at++) {
    const share = Number.parseFloat(await answers.nth(at).locator("td.probability .n").textContent()) / 100;
    const said = (await answers.nth(at).locator("td.unsure").textContent()) ?? "";
    // A share that rounds to the threshold may be either.
    if (Math.abs(share - below) > 0.01) assert.equal(said, share < below ? "unsure" : "sure");
  }
  const first = await answers.nth(0).locator("td.unsure").textContent();
  assert.equal(await page.locator(".headline .badge").count(), first === "unsure" ? 1 : 0);
});

test("playing moves a line through all three pictures", async () => {
  const { page } = seen;
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await page.waitForFunction(() => document.querySelector(".place").valueAsNumber > 0.3);
  await page.getByRole("button", { name: "Pause" }).click();
  const lines = await page.locator(".line:not(.pointer)").evaluateAll((all) => all.map((line) => line.style.transform));
  assert.equal(lines.length, 3);
  assert.ok(new Set(lines).size === 1 && !lines.includes("translateX(56.00px)"), lines.join(" "));
});

test("a click on any picture goes there, in the sound as well", async () => {
  const { page } = seen;
  for (const [kind, share] of [
    ["tall", 0.25],
    ["middle", 0.5],
    ["low", 0.75],
  ]) {
    await page.locator(`.plot.${kind}`).scrollIntoViewIfNeeded();
    const box = await page.locator(`.plot.${kind}`).boundingBox();
    const [left, right] = [box.x + 56, box.x + box.width - 12];
    await page.mouse.click(left + share * (right - left), box.y + 30);
    const place = await page.evaluate(() => ({
      range: document.querySelector(".place").valueAsNumber,
      audio: document.querySelector("audio").currentTime,
    }));
    assert.ok(Math.abs(place.range - 30 * share) < 0.2, `${kind}: ${JSON.stringify(place)}`);
    assert.ok(Math.abs(place.audio - place.range) < 0.1, `${kind}: ${JSON.stringify(place)}`);
  }
});

test("a pointer over a picture reads there without going there", async () => {
  const { page } = seen;
  const before = await page.locator(".place").inputValue();
  await page.locator(".plot.middle").scrollIntoViewIfNeeded();
  const box = await page.locator(".plot.middle").boundingBox();
  await page.mouse.move(box.x + 60, box.y + 40);
  assert.match(await page.locator(".readout").textContent(), /^0:00–0:05:\s*\w+ \d+\u00a0%/);
  assert.equal(await page.locator(".place").inputValue(), before);
});

test("the pictures stand in numbers as well", async () => {
  const { page } = seen;
  await page.getByText("The pictures in numbers").click();
  const rows = page.locator(".more table").first().locator("tbody tr");
  assert.match(await rows.first().textContent(), /^0:00–0:05/);
  assert.ok((await rows.filter({ hasText: "silent" }).count()) >= 1);
});

test("the keyboard alone opens a song, plays it, and goes through it", async () => {
  const { page } = seen;
  await page.locator(".songs .open").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await pictured(page);
  assert.equal(await page.locator("#song-title").textContent(), NAMES[1]);
  await page.locator(".place").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".place").inputValue(), "5");
  assert.match(await page.locator(".place").getAttribute("aria-valuetext"), /^0:05 of 0:12\. /);
  await page.keyboard.press("End");
  assert.equal(await page.locator(".place").inputValue(), "12");
  await page.keyboard.press("Home");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
});

test("every control that is reached by the tab key shows that it is", async () => {
  const { page } = seen;
  await page.locator(".skip").focus();
  const names = [];
  for (let step = 0; step < 14; step++) {
    const shown = await page.evaluate(() => {
      const at = document.activeElement;
      return {
        name: at.getAttribute("aria-label") ?? at.textContent.trim(),
        outline: getComputedStyle(at).outlineStyle,
      };
    });
    assert.notEqual(shown.outline, "none", shown.name);
    names.push(shown.name);
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(names.slice(0, 5), ["To the content", "genrefold", "Songs", "Model", "Runs"]);
  assert.ok(names.includes("Choose songs"), names.join(", "));
});

test("a kind of file that browsers cannot play is heard, and says so", async () => {
  const { page } = seen;
  await drop(page, [{ name: "old.au", buffer: unplayable() }]);
  await settled(page, 4);
  await page.getByRole("button", { name: "old.au", exact: true }).click();
  await pictured(page);
  await page.locator(".unplayable").waitFor();
  assert.match(await page.locator(".unplayable").textContent(), /cannot play this \.au file/);
  await page.getByRole("button", { name: "Remove: old.au" }).click();
});

test("finished songs are told to screen readers", async () => {
  const { page } = seen;
  await drop(page, threeSongs().slice(1, 2));
  await page.waitForFunction((name) => document.getElementById("news").textContent.includes(`${name}: `), NAMES[1]);
});

for (const colorScheme of ["light", "dark"]) {
  test(`the page of songs is accessible in ${colorScheme} colours`, async () => {
    await seen.page.emulateMedia({ colorScheme });
    await accessible(seen.page);
  });
}

test("dark colours come with the system, and the button overrules it", async () => {
  const { page } = seen;
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await ground(), light);
  await page.getByRole("button", { name: /^Colours/ }).click();
  assert.equal(await ground(), light);
  await page.reload();
  assert.equal(await ground(), light);
});

test("a phone's width is enough", async () => {
  const { page } = seen;
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await sideways(page), 0);
  await drop(page, threeSongs().slice(0, 2));
  await settled(page, 2);
  await pictured(page);
  assert.equal(await sideways(page), 0);
  await accessible(page);
});

test("nothing was complained of: no script error, no breach of the security policy", () => {
  assert.deepEqual(seen.complaints, []);
});
