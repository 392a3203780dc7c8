import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { api, close, drawn, launch, open, ready, shown } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const plain = (text) => text.replace(/\s+/g, " ").trim();

test("a municipality says how much of it is measured and where to measure next", async () => {
  const page = await open(browser);
  await ready(page);
  const row = page.locator("tbody tr").first();
  const key = await row.getAttribute("data-key");
  await row.getByRole("button").first().click();
  const panel = page.locator(".panel [data-unit=reach]");
  await panel.waitFor();
  const { region, release, layer } = shown(page);
  const { items } = await api(
    `/v1/areas?region=${region}&release=${release}&layer=${layer}`,
  );
  const { reach } = items.find((each) => each.key === key);
  const counts = (await panel.locator("dd small").allInnerTexts()).map(plain);
  assert.deepEqual(
    counts,
    [reach.measured, reach.coarser, reach.not_measured].map(
      ({ hexes }) => `(${hexes.toLocaleString("de-DE")})`,
    ),
  );

  // Nothing is asked for before somebody wants to know.
  const asked = () =>
    page.requests.filter((each) => each.includes("/v1/campaigns/next"));
  assert.equal(asked().length, 0);
  await panel.locator("summary").click();
  await panel.locator("ol li").first().waitFor();
  assert.equal(asked().length, 1);
  const track = layer === "fixed" ? "fixed" : "mobile";
  const list = await api(
    `/v1/campaigns/next?region=${region}&area=${key}&track=${track}&release=${release}&top=5`,
  );
  assert.ok(list.rows.length > 0, "nothing is proposed");
  const reasons = (await panel.locator("ol li").allInnerTexts()).map(plain);
  list.rows.forEach((each, at) =>
    assert.ok(reasons[at].endsWith(plain(each.reason)), reasons[at]),
  );
  await panel.locator("ol button").first().click();
  await drawn(page);
  const view = await page.evaluate(() => window.__whitespot.view());
  assert.ok(view.zoom > 12, `the map did not go there: ${view.zoom}`);
  await close(page);
});
