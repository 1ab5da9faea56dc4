// How quickly the page is there, in a browser on this machine: until a directory can be used, and what 10,000 entries take to be drawn,
// scrolled and sorted. The floor is the browser itself: an empty page of the same server.
import { chromium } from "playwright-core";
import { CHROMIUM } from "../tests/browser.mjs";
import { ROOT } from "../tests/client.mjs";
import { Server } from "../tests/harness.mjs";

const ENTRIES = 10_000;
const ROUNDS = 7;
const STEPS = 60;

/** Runs in the page: how long until it shows this many entries, from where its navigation began. */
const shows = (text) =>
  new Promise((resolve) => {
    const look = () =>
      document.querySelector(".list-foot")?.textContent?.startsWith(text)
        ? requestAnimationFrame(() => resolve(performance.now()))
        : setTimeout(look, 1);
    look();
  });

/** Runs in the page: the longest frame while the list is scrolled through. */
const scrolls = async (steps) => {
  const list = document.querySelector(".list");
  let longest = 0;
  let before = await new Promise(requestAnimationFrame);
  for (let step = 1; step <= steps; step++) {
    list.scrollTop = (list.scrollHeight * step) / steps;
    const now = await new Promise(requestAnimationFrame);
    longest = Math.max(longest, now - before);
    before = now;
  }
  return longest;
};

/** Runs in the page: from a click on a heading to the frame that shows the new order. */
const sorts = async () => {
  const began = performance.now();
  [...document.querySelectorAll(".head")].at(-1).click();
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
};

/** The rows of the table: what, and the median in milliseconds. */
export async function page(median) {
  if (!CHROMIUM) return [["no Chromium on this machine; set CHROMIUM to one", ""]];
  const server = new Server({}, undefined, undefined, true);
  await server.start();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const userId = server.user();
  const client = server.client(userId);
  await client.write(`${ROOT}/many/z.txt`, "x");
  await server.plant(userId, "many", ENTRIES);
  await server.evict(userId);
  const signed = client.url("/list").search.slice(1);
  const seen = { floor: [], small: [], large: [], frame: [], sort: [] };
  const open = async (path) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const tab = await context.newPage();
    await tab.goto(`${server.url}${path}`, { waitUntil: "commit" });
    return { tab, context };
  };
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const bare = await open("/icon.svg");
      seen.floor.push(await bare.tab.evaluate(() => performance.now()));
      await bare.context.close();
      const { tab, context } = await open(`/#${signed}`);
      seen.small.push(await tab.evaluate(shows, "1 "));
      const began = await tab.evaluate(() => {
        location.hash = "#/files/many/";
        return performance.now();
      });
      seen.large.push((await tab.evaluate(shows, (ENTRIES + 1).toLocaleString("en"))) - began);
      seen.frame.push(await tab.evaluate(scrolls, STEPS));
      seen.sort.push(await tab.evaluate(sorts));
      await context.close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  // The first round warms up.
  const told = (values) => median(values.slice(1)).toFixed(0);
  return [
    ["a page with nothing in it", told(seen.floor)],
    ["from the link to a directory that can be used", told(seen.small)],
    [`from a click to a directory of ${ENTRIES} entries`, told(seen.large)],
    ["its longest frame while all of it is scrolled through", told(seen.frame)],
    ["from a click to another order of it", told(seen.sort)],
  ];
}
