import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { api, close, launch, open, openPiece, ready } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const axeSource = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

async function violations(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
      ],
    }),
  );
  return violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map(
      (each) =>
        `${each.id}: ${each.nodes
          .map((node) => node.target.join(" "))
          .slice(0, 3)
          .join(", ")}`,
    );
}

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious on the map page (${colorScheme})`, async () => {
    const page = await open(browser, "/", { colorScheme });
    await ready(page);
    assert.deepEqual(await violations(page), []);
    await page.locator("tbody button").first().click();
    await page.locator(".panel").waitFor();
    assert.deepEqual(await violations(page), [], "with the panel open");
    await close(page);
  });

  test(`axe finds nothing serious on the page about the data (${colorScheme})`, async () => {
    const page = await open(browser, "/#/daten", { colorScheme });
    await page.getByRole("heading", { name: "Über diese Daten" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await close(page);
  });
}

test("every page says that the data is simulated, as long as it is", async () => {
  const [region] = await api("/v1/regions");
  const [newest] = await api(`/v1/releases?region=${region.id}`);
  for (const path of ["/", "/#/daten", "/#/karte?farbe=wert"]) {
    const page = await open(browser, path);
    if (newest.simulated)
      await page.getByRole("note", { name: "Simulierte Daten" }).waitFor();
    else {
      await page.locator("footer .credit").first().waitFor();
      assert.equal(
        await page.getByRole("note", { name: "Simulierte Daten" }).count(),
        0,
      );
    }
    await close(page);
  }
});

test("the credits of the region stand on every page", async () => {
  const [region] = await api("/v1/regions");
  for (const path of ["/", "/#/daten"]) {
    const page = await open(browser, path);
    await page.locator("footer .credit").first().waitFor();
    assert.deepEqual(
      await page.locator("footer .credit").allInnerTexts(),
      region.credits,
    );
    await close(page);
  }
});

for (const path of ["/", "/#/daten"]) {
  test(`at 320 pixels nothing of ${path} is cut off sideways`, async () => {
    const page = await open(browser, path, { width: 320, height: 720 });
    await page.locator("footer .credit").first().waitFor();
    if (path === "/") {
      await ready(page);
      await page.locator("tbody button").first().click();
      await page.locator(".panel").waitFor();
    }
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    assert.ok(
      scroll <= client,
      `the page is ${scroll} px wide in a window of ${client} px`,
    );
    await close(page);
  });
}

test("nothing is asked of any other server, also while moving and clicking", async () => {
  const page = await open(browser);
  await ready(page);
  await page.getByRole("button", { name: "Vergrößern" }).click();
  const piece = await openPiece(page, "covered");
  if (piece) await page.mouse.click(...piece.at);
  await page.getByRole("link", { name: "Über diese Daten" }).click();
  await page.getByRole("heading", { name: "Drei Zustände" }).waitFor();
  await page.getByRole("link", { name: "Karte und Rangliste" }).click();
  await ready(page);
  assert.ok(page.requests.length > 10, "requests were not recorded");
  await close(page);
});

test("a problem of the server is shown with its title and detail, and can be retried", async () => {
  const problem = {
    type: "about:blank",
    title: "Region nicht lesbar",
    status: 500,
    detail: "Bitte „whitespot region build“ erneut ausführen.",
  };
  let broken = true;
  const page = await open(browser, "/", {
    before: (page) =>
      page.route("**/v1/regions", (route) =>
        broken
          ? route.fulfill({
              status: 500,
              contentType: "application/problem+json",
              body: JSON.stringify(problem),
            })
          : route.continue(),
      ),
  });
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.innerText(), /Region nicht lesbar/);
  assert.match(await alert.innerText(), /whitespot region build/);
  broken = false;
  await alert.getByRole("button").click();
  await ready(page);
  await close(page);
});

test("a region without a release says what that means instead of an empty map", async () => {
  const page = await open(browser, "/", {
    before: (page) =>
      page.route("**/v1/releases?*", (route) =>
        route.fulfill({
          status: 200,
          contentType: "application/json",
          body: "[]",
        }),
      ),
  });
  await page.getByText("noch nichts veröffentlicht").waitFor();
  await close(page);
});
