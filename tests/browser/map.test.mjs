import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PNG } from "pngjs";

import {
  api,
  close,
  distance,
  drawn,
  hexToRgb,
  launch,
  open,
  openPiece,
  pixel,
  ready,
  shown,
  zoomToFirst,
} from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const percent = (value) =>
  value > 0 && value < 0.005
    ? "< 1 %"
    : value < 1 && value > 0.995
      ? "> 99 %"
      : `${Math.round(value * 100)} %`;
const plain = (text) => text.replace(/\u00a0|\u202f/g, " ").trim();

test("the legend names three states, each with a colour and a pattern of its own", async () => {
  const page = await open(browser);
  await ready(page);
  const states = await page
    .locator(".legend [data-state]")
    .evaluateAll((items) =>
      items.map((item) => ({
        state: item.dataset.state,
        label: item.textContent.trim(),
        pattern: item.querySelector("svg").dataset.pattern,
        colour: item.querySelector("rect").getAttribute("fill"),
      })),
    );
  assert.deepEqual(
    states.map((each) => each.state),
    ["covered", "dead", "not_measured"],
  );
  assert.equal(states[2].label, "nicht gemessen");
  for (const part of ["pattern", "colour", "label"])
    assert.equal(new Set(states.map((each) => each[part])).size, 3, part);
  await close(page);
});

test("a piece is painted in the colour of its own state, and an unmeasured one in neither of the others", async () => {
  const page = await open(browser);
  await ready(page);
  // Seen from far away, no pixel belongs to one piece alone; and where few people measure there are remainders only.
  for (let row = 0; row < 20; row += 1) {
    await zoomToFirst(page, row);
    if (await openPiece(page, "covered")) break;
  }
  const colours = await page
    .locator(".legend [data-state]")
    .evaluateAll((items) =>
      Object.fromEntries(
        items.map((item) => [
          item.dataset.state,
          item.querySelector("rect").getAttribute("fill"),
        ]),
      ),
    );
  const pieces = await page.evaluate(() =>
    window.__whitespot
      .pieces()
      .map(({ properties, layer }) => ({ state: properties.state, layer })),
  );
  for (const { state, layer } of pieces)
    assert.equal(
      layer === "hexes-measured",
      state === "covered" || state === "dead",
      `${state} is drawn by ${layer}`,
    );

  let looked = 0;
  for (const state of ["covered", "dead", "not_measured"]) {
    const piece = await openPiece(page, state);
    if (!piece) continue;
    looked += 1;
    const shot = PNG.sync.read(await page.screenshot());
    // Patterns and outlines are thin: the most frequent colour around the middle is the fill.
    const around = [-3, -2, -1, 0, 1, 2, 3].flatMap((dx) =>
      [-3, -2, -1, 0, 1, 2, 3].map((dy) =>
        pixel(shot, [piece.at[0] + dx, piece.at[1] + dy]),
      ),
    );
    const share = (colour) =>
      around.filter((each) => distance(each, hexToRgb(colour)) < 40).length /
      around.length;
    if (state === "not_measured")
      assert.ok(
        share(colours.covered) < 0.2 && share(colours.dead) < 0.2,
        `an unmeasured piece looks measured: ${around[24]}`,
      );
    else {
      const other = state === "covered" ? "dead" : "covered";
      assert.ok(
        share(colours[state]) > share(colours[other]),
        `a ${state} piece looks ${other}: ${around[24]}`,
      );
    }
  }
  assert.ok(looked > 0, "no piece on screen to look at");
  await close(page);
});

test("a click on a measured hexagon shows share, interval, devices, attempts and grade as the API has them", async () => {
  const page = await open(browser);
  await ready(page);
  const piece =
    (await openPiece(page, "covered")) ?? (await openPiece(page, "dead"));
  assert.ok(piece, "no measured hexagon on screen");
  await page.mouse.click(...piece.at);
  const panel = page.locator(".panel [data-unit=piece]");
  await panel.waitFor();
  const figure = async (name) =>
    plain(await panel.locator(`[data-figure=${name}]`).innerText());
  const { devices, attempts, share } = piece.properties;
  assert.equal(await figure("devices"), devices.toLocaleString("de-DE"));
  assert.equal(await figure("attempts"), attempts.toLocaleString("de-DE"));
  assert.equal(await figure("share"), percent(share));
  assert.match(await figure("interval"), /^\d+–\d+ %$/);
  assert.match(await figure("grade"), /^[A-DU]/);
  await close(page);
});

test("a click in a municipality shows its own numbers on this layer", async () => {
  const page = await open(browser);
  await ready(page);
  const piece =
    (await openPiece(page, "covered")) ?? (await openPiece(page, "dead"));
  await page.mouse.click(...piece.at);
  await page.locator(".panel [data-unit=area]").waitFor();
  const { region, release, layer, area } = shown(page);
  const { items } = await api(
    `/v1/areas?region=${region}&release=${release}&layer=${layer}`,
  );
  const expected = items.find((each) => each.key === area);
  assert.equal(await page.locator(".panel h2").innerText(), expected.name);
  const text = plain(await page.locator(".panel [data-unit=area]").innerText());
  if (expected.state === "not_measured")
    assert.match(text, /hier ist nichts bekannt/);
  else
    assert.ok(
      text.includes(expected.summary.devices.toLocaleString("de-DE")),
      text,
    );
  await close(page);
});

test("an unmeasured place says that nothing is known, and shows no number", async (t) => {
  const page = await open(browser);
  await ready(page);
  const piece = await openPiece(page, "not_measured");
  if (!piece) {
    await close(page);
    return t.skip("no unmeasured hexagon on screen");
  }
  await page.mouse.click(...piece.at);
  const panel = page.locator(".panel [data-unit=piece]");
  await panel.waitFor();
  assert.match(
    await panel.innerText(),
    /Nicht gemessen: hier ist nichts bekannt/,
  );
  assert.equal(await panel.locator("[data-figure]").count(), 0);
  await close(page);
});

test("another track brings its own layer, list and words", async () => {
  const page = await open(browser);
  await ready(page);
  const fixed = page.getByRole("radio", { name: "Festnetz" });
  if (await fixed.count()) {
    await fixed.check();
    await page.getByRole("heading", { name: /Rangliste Festnetz/ }).waitFor();
    await page.waitForFunction(() => location.hash.includes("ebene=fixed"));
    await drawn(page);
    await page.locator("tbody tr").first().waitFor();
    assert.equal(
      await page.getByLabel("Netzbetreiber").count(),
      0,
      "the fixed network has no operator to choose",
    );
  }
  await close(page);
});

test("a shared address opens the same layer, colouring and municipality", async () => {
  const page = await open(browser);
  await ready(page);
  await page.getByRole("radio", { name: "Signalstärke" }).check();
  await page.locator("tbody button").nth(1).click();
  const name = await page.locator(".panel h2").innerText();
  const hash = new URL(page.url()).hash;
  await close(page);

  const other = await open(browser, `/${hash}`);
  await ready(other);
  assert.equal(await other.locator(".panel h2").innerText(), name);
  assert.ok(
    await other.getByRole("radio", { name: "Signalstärke" }).isChecked(),
  );
  assert.equal(new URL(other.url()).hash, hash);
  await close(other);
});
