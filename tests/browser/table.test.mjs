import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  api,
  BASE,
  close,
  drawn,
  launch,
  open,
  ready,
  shown,
} from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const plain = (text) => text.replace(/\s+/g, " ").trim();
const rankingOf = (page) => {
  const { region, release, layer } = shown(page);
  return api(
    `/v1/rankings?region=${region}&track=${layer === "fixed" ? "fixed" : "mobile"}&release=${release}`,
  );
};

test("the table shows every row of the API in the order of its ranks, with the same numbers", async () => {
  const page = await open(browser);
  await ready(page);
  const { rows } = await rankingOf(page);
  const shownRows = await page.locator("tbody tr").evaluateAll((all) =>
    all.map((row) => ({
      key: row.dataset.key,
      cells: [...row.children].map((cell) => cell.innerText),
    })),
  );
  assert.deepEqual(
    shownRows.map((each) => each.key).sort(),
    rows.map((each) => each.key).sort(),
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const ranks = shownRows.map(({ key }) => byKey.get(key).rank ?? Infinity);
  assert.deepEqual(
    ranks,
    [...ranks].sort((a, b) => a - b),
  );

  for (const { key, cells } of shownRows) {
    const row = byKey.get(key);
    const [rank, name, district, need, share, devices, grade, reason] =
      cells.map(plain);
    assert.equal(name, row.name);
    assert.equal(district, row.district ?? "");
    assert.equal(reason, plain(row.reason));
    if (row.rank === null) continue;
    assert.match(rank, new RegExp(`^${row.rank}\\b`));
    assert.equal(
      rank.includes("statistisch gleichauf"),
      row.tie,
      `${row.name}: tie`,
    );
    assert.ok(
      need.startsWith(
        row.need.toLocaleString("de-DE", {
          minimumFractionDigits: 2,
          maximumFractionDigits: 2,
        }),
      ),
      `${row.name}: ${need}`,
    );
    if (row.share)
      assert.match(share, /%.*–.*%/, `${row.name} has no interval`);
    assert.equal(devices, row.devices.toLocaleString("de-DE"));
    assert.equal(grade, row.grade ?? "–");
  }
  await close(page);
});

test("municipalities without a rank are listed last and show no number as if it were measured", async () => {
  const page = await open(browser);
  await ready(page);
  const { rows } = await rankingOf(page);
  const unmeasured = rows.filter(
    (row) => row.rank === null && row.state === "not_measured",
  );
  for (const row of unmeasured.slice(0, 5)) {
    const text = await page.locator(`tr[data-key="${row.key}"]`).innerText();
    assert.match(text, /nicht gemessen/i);
    assert.doesNotMatch(text.replace(row.reason, ""), /\d+ %/);
  }
  const order = await page
    .locator("tbody tr")
    .evaluateAll((all) => all.map((row) => row.classList.contains("unranked")));
  assert.deepEqual(
    order,
    [...order].sort((a, b) => Number(a) - Number(b)),
  );
  await close(page);
});

test("the table works by keyboard alone: reach it, walk it, choose a municipality", async () => {
  const page = await open(browser);
  await ready(page);
  const before = await page.evaluate(() => window.__whitespot.view());
  let reached = false;
  for (let i = 0; i < 60 && !reached; i++) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(
      () => document.activeElement.closest("tbody") !== null,
    );
  }
  assert.ok(reached, "Tab never reached a row");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const name = await page.evaluate(() =>
    document.activeElement.textContent.trim(),
  );
  assert.equal(
    name,
    (await page.locator("tbody tr").nth(2).locator("th").innerText()).trim(),
  );
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".panel h2").innerText(), name);
  await drawn(page);
  const later = await page.evaluate(() => window.__whitespot.view());
  assert.ok(
    later.zoom > before.zoom,
    `the map did not zoom in: ${before.zoom} to ${later.zoom}`,
  );
  assert.match(
    await page.locator("[aria-live]").last().innerText(),
    new RegExp(name),
  );
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "detached" });
  await close(page);
});

test("headers sort by keyboard, say so, and sort back", async () => {
  const page = await open(browser);
  await ready(page);
  const header = page.locator("thead th", { hasText: "Gemeinde" });
  await header.getByRole("button").focus();
  await page.keyboard.press("Enter");
  assert.equal(await header.getAttribute("aria-sort"), "ascending");
  const names = async () =>
    (await page.locator("tbody th").allInnerTexts()).map(plain);
  const sorted = [...(await names())].sort((a, b) => a.localeCompare(b, "de"));
  assert.deepEqual(await names(), sorted);
  assert.match(
    await page.locator("[aria-live]").last().innerText(),
    /Sortiert nach Gemeinde, aufsteigend/,
  );
  await page.keyboard.press("Enter");
  assert.equal(await header.getAttribute("aria-sort"), "descending");
  assert.deepEqual(await names(), sorted.reverse());
  await close(page);
});

test("the table has a caption, and every header cell a scope", async () => {
  const page = await open(browser);
  await ready(page);
  assert.ok((await page.locator("table caption").innerText()).length > 20);
  assert.equal(
    await page
      .locator("thead th:not([scope=col]), tbody th:not([scope=row])")
      .count(),
    0,
  );
  await close(page);
});

test("the search narrows the list and says how many are left", async () => {
  const page = await open(browser);
  await ready(page);
  const name = plain(await page.locator("tbody th").first().innerText());
  await page.getByRole("searchbox").fill(name);
  const rows = await page.locator("tbody tr").count();
  assert.ok(rows >= 1);
  assert.match(
    await page.locator(".count").innerText(),
    new RegExp(`^${rows} (von|Gemeinden)`),
  );
  await close(page);
});

test("the three downloads hold the rows that the page shows", async () => {
  const page = await open(browser);
  await ready(page);
  const { rows } = await rankingOf(page);
  const links = await page
    .locator(".tools a")
    .evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.deepEqual(
    links.map((each) => new URL(each, BASE).searchParams.get("format")),
    ["csv", "geojson", "json"],
  );
  const [csv, geojson, json] = await Promise.all(
    links.map(async (each) => (await fetch(new URL(each, BASE))).text()),
  );
  for (const row of rows)
    assert.ok(csv.includes(row.key), `${row.name} is missing in the CSV`);
  assert.equal(JSON.parse(geojson).features.length, rows.length);
  assert.deepEqual(
    JSON.parse(json).rows.map((each) => each.key),
    rows.map((each) => each.key),
  );
  await close(page);
});
