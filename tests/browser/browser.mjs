// What every browser test shares: one browser, a page that may only talk to the server under test, and waits.
import assert from "node:assert/strict";

import { chromium } from "playwright-core";

/** The server under test. */
export const BASE = (
  process.env.WHITESPOT_URL ?? "http://localhost:8090"
).replace(/\/$/, "");

const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];
/** Software rendering on a busy machine is slow; a passing test never waits this long. */
const PATIENCE_MS = 60_000;

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });

/**
 * A page with a clean record. `page.requests` holds every address asked for, `page.complaints` every
 * uncaught error; both are checked by `close`.
 */
export async function open(
  browser,
  path = "/",
  { width = 1280, height = 800, colorScheme = "light", before } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: "reduce",
    locale: "de-DE",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.requests = [];
  page.complaints = [];
  context.on("request", (request) => page.requests.push(request.url()));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  await before?.(page);
  await page.goto(BASE + path);
  return page;
}

/** The map, its tiles and the ranked list are on screen. */
export async function ready(page) {
  await page.locator("tbody tr").first().waitFor();
  await drawn(page);
}

export const drawn = (page) =>
  page.waitForFunction(
    () => window.__whitespot?.idle() && window.__whitespot.pieces().length > 0,
  );

/** Looks closer, at the municipality that leads the list or stands further down, so that single pieces are wide enough to hit. */
export async function zoomToFirst(page, row = 0) {
  await page.locator("tbody button").nth(row).click();
  await page.locator(".panel").waitFor();
  await drawn(page);
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "detached" });
  await drawn(page);
}

/** Closes the page after looking at its record. */
export async function close(page) {
  const allowed = new URL(BASE).host;
  const foreign = page.requests.filter(
    (url) => !/^(blob|data):/.test(url) && new URL(url).host !== allowed,
  );
  await page.context().close();
  assert.deepEqual(foreign, [], "a request left the server under test");
  assert.deepEqual(page.complaints, [], "the page threw an error");
}

/** JSON from the API of the server under test, past the page. */
export async function api(path) {
  const response = await fetch(BASE + path);
  assert.equal(response.status, 200, path);
  return response.json();
}

/** State kept in the address: region, release (stand) and layer (ebene). */
export function shown(page) {
  const query = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
  return {
    region: query.get("region"),
    release: query.get("stand"),
    layer: query.get("ebene"),
    area: query.get("gemeinde"),
    at: query.get("ort"),
  };
}

/** Colour of one pixel of the page as [r, g, b]; `shot` is a decoded screenshot of the map. */
export const pixel = (shot, [x, y]) => {
  const i = (Math.round(y) * shot.width + Math.round(x)) * 4;
  return [...shot.data.subarray(i, i + 3)];
};

export const hexToRgb = (colour) =>
  [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
export const distance = (a, b) =>
  Math.hypot(...a.map((value, i) => value - b[i]));

/** A piece of the wanted kind that lies in the open: not below the legend, a button or the panel. */
export async function openPiece(page, state) {
  const box = await page.locator(".canvas canvas").boundingBox();
  const found = await page.evaluate(
    ({ state, box }) => {
      const free = ([x, y]) =>
        document.elementFromPoint(box.x + x, box.y + y)?.tagName === "CANVAS";
      const inside = ([x, y]) =>
        x > 4 && y > 4 && x < box.width - 4 && y < box.height - 4;
      const fits = window.__whitespot
        .pieces()
        .filter(
          (each) =>
            each.properties.state === state &&
            each.properties.kind === "hex" &&
            inside(each.pixel) &&
            free(each.pixel),
        );
      return (
        fits.sort(
          (a, b) => a.properties.resolution - b.properties.resolution,
        )[0] ?? null
      );
    },
    { state, box },
  );
  return (
    found && { ...found, at: [box.x + found.pixel[0], box.y + found.pixel[1]] }
  );
}
