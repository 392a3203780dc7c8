import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { close, launch, open, ready } from "./browser.mjs";

// Taken in every run; kept where WHITESPOT_PICTURE says.
const file =
  process.env.WHITESPOT_PICTURE ??
  join(tmpdir(), `whitespot-${process.pid}.png`);

test("the picture for the README is the page as it is", async () => {
  const browser = await launch();
  try {
    const page = await open(browser, "/", { width: 1280, height: 800 });
    await ready(page);
    await page.evaluate(() => document.fonts.ready);
    await page.getByRole("note", { name: "Simulierte Daten" }).waitFor();
    await page.screenshot({ path: file });
    await close(page);
    assert.ok((await stat(file)).size > 20_000, "the picture is nearly empty");
  } finally {
    await browser.close();
  }
});
