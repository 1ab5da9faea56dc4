// The page of a desktop as a visitor uses it, at a laptop's width and at a phone's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { call } from "./media.mjs";
import { png } from "./samples.mjs";
import { LAPTOP, look, PHONE, publish, serious, skip, visitors } from "./visit.mjs";

const { server, open, gateway, at } = visitors();

const README = "# Garden\n\nBeds, seeds and a calendar.\n\n- what to sow in *March*\n- what to water today\n";
const CODE =
  'import { useState } from "react";\n\nexport default function Beds() {\n  const [rows, setRows] = useState(6);\n  return <Grid rows={rows} onMore={() => setRows(rows + 1)} />;\n}\n';
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120"><rect width="160" height="120" fill="#cfe8d5"/><circle cx="112" cy="38" r="20" fill="#f2c14e"/><path d="M0 120 60 50l36 42 22-24 42 52z" fill="#3c8d6e"/></svg>';
/** A drawing as an icon: a colour, and lines on it. */
const icon = (/** @type {string} */ colour, /** @type {string} */ lines) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="${colour}"/><path d="${lines}" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`)}`;
const LEAF = icon("#3c8d6e", "M24 38V20M24 26c-9 0-11-6-11-12 7 0 11 4 11 12zM24 22c0-8 5-11 12-11 0 7-4 11-12 11z");
const REGISTRY = [
  { id: "beds", name: "Beds", icon: icon("#8d6e3c", "M12 16h24M12 24h24M12 32h24"), path: "/src/apps/beds/index.tsx" },
  {
    id: "calendar",
    name: "Sowing calendar",
    icon: icon("#3c6e8d", "M13 15h22v20H13zM13 22h22M19 11v6M29 11v6"),
    path: "/src/apps/calendar/index.tsx",
  },
  { id: "weather", name: "Weather", icon: "☀", path: "/src/apps/weather/index.tsx" },
  { id: "pests", name: "Pests", path: "/src/apps/pests/index.tsx" },
];
const FILES = {
  "README.md": README,
  "package.json": '{"name":"garden","scripts":{"dev":"vite"},"dependencies":{"react":"^19.0.0"}}',
  "public/apps/registry.json": JSON.stringify(REGISTRY),
  "public/hill.svg": SVG,
  "public/photo.png": png(320, 200, Buffer.from([60, 141, 110])),
  "src/apps/beds/index.tsx": CODE,
  "src/apps/calendar/index.tsx": "export default () => null;\n",
  "src/apps/weather/index.tsx": "export default () => null;\n",
  "src/apps/pests/index.tsx": "export default () => null;\n",
  "notes/sowing 2026.csv": "month,what\nMarch,peas\nApril,beets\n",
  "data/model.bin": Buffer.from([0, 1, 2, 255, 254]),
  "empty.txt": "",
};
const ABOUT = {
  title: "Kitchen garden",
  icon: LEAF,
  description:
    "Beds, seeds and a calendar that knows your last frost. Plan the year, then let the agent nag you about watering.",
  tags: ["garden", "planning"],
};

let gardeners = 0;

async function garden(/** @type {Record<string, unknown>} */ about = {}) {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.mkdir(`${ROOT}/bare`));
  gardeners += 1;
  const handle = `rosa-${gardeners}`;
  ok(await call(client, "PUT", "/api/profile", { json: { handle } }));
  const { id } = await publish(client, FILES, { ...ABOUT, ...about });
  return { userId, client, id, handle };
}

/** A row of the list of files. @param {import("playwright-core").Page} page @param {string | RegExp} name */
const row = (page, name) => page.locator(".rows").getByRole("button", { name });

for (const [width, viewport, more] of /** @type {const} */ ([
  ["laptop", LAPTOP, {}],
  ["phone", PHONE, { isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme: "dark" }],
])) {
  test(`at a ${width}'s width it opens, is browsed and shows files, and axe finds nothing serious`, {
    skip,
  }, async () => {
    const { id, handle } = await garden();
    const page = await open({ viewport, ...more });
    await page.goto(at(id));
    await page.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
    assert.equal(await page.title(), "Kitchen garden · Holdfast");
    const hero = page.locator(".hero");
    for (const fact of [`by ${handle}`, "last frost", "Version 1.0.0", "12 files", "Updated", "planning"]) {
      await hero.getByText(fact).first().waitFor();
    }
    assert.deepEqual(await page.locator(".app .name").allTextContents(), [
      "Beds",
      "Sowing calendar",
      "Weather",
      "Pests",
    ]);
    assert.deepEqual(await serious(page), []);
    await look(page, `${width}-top`);

    // Nothing is wider than the window.
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));

    await row(page, /^src/).click();
    await row(page, /^apps/).click();
    await row(page, /^beds/).click();
    await row(page, /^index.tsx/).click();
    await page.getByRole("region", { name: "Content of src/apps/beds/index.tsx" }).waitFor();
    assert.equal(await page.locator(".shown pre").textContent(), CODE);
    assert.deepEqual(await serious(page), []);
    await page.locator(".files").scrollIntoViewIfNeeded();
    await look(page, `${width}-code`);

    // Markdown is text too; pictures are pictures.
    const show = async (/** @type {string} */ name) => {
      if (width === "phone") await page.getByRole("button", { name: "Files", exact: true }).click();
      await page.getByRole("searchbox", { name: "Find a file" }).fill(name);
      await row(page, name).click();
    };
    await show("README.md");
    await page.locator(".shown pre").getByText("# Garden").waitFor();
    for (const picture of ["public/hill.svg", "public/photo.png"]) {
      await show(picture);
      const image = page.getByRole("img", { name: `Picture ${picture}` });
      await image.waitFor();
      const seen = () => image.evaluate((/** @type {any} */ element) => element.naturalWidth);
      await page.waitForFunction((/** @type {any} */ element) => element.naturalWidth > 0, await image.elementHandle());
      assert.ok((await seen()) > 0, picture);
      await look(page, `${width}-${picture.replace(/\W/g, "-")}`, { fullPage: true });
    }
    await show("data/model.bin");
    await page.getByText("no text and no picture").waitFor();
    await show("empty.txt");
    await page.getByText("This file is empty.").waitFor();
    // What the manifest does not know, the snapshot does: an empty folder.
    if (width === "phone") await page.getByRole("button", { name: "Files", exact: true }).click();
    await page.getByRole("searchbox", { name: "Find a file" }).fill("bare");
    await row(page, "bare").click();
    await page.getByText("This folder is empty.").waitFor();
    await page.getByRole("searchbox", { name: "Find a file" }).fill("nowhere");
    await page.getByText("No file has this in its name.").waitFor();
    await page.context().close();
  });
}

test("with the keyboard alone: to a file, back up, and to the source of an app", { skip }, async () => {
  const { id } = await garden();
  const page = await open();
  await page.goto(at(id));
  await row(page, /^src/).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  const press = async (/** @type {string[]} */ ...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const reach = async (/** @type {RegExp} */ name) => {
    for (let left = 60; left > 0; left -= 1) {
      await press("Tab");
      if (name.test(await focused())) return;
    }
    assert.fail(`${name} cannot be reached`);
  };
  await reach(/^Run$/);
  await reach(/^Fork into my desktop$/);
  await reach(/Sowing calendar/);
  await press("Enter");
  await page.getByRole("heading", { level: 3, name: "index.tsx" }).waitFor();
  await page.reload();
  await row(page, /^src/).waitFor();
  await reach(/^bare|^data/);
  await press("End", "Home", "ArrowDown", "ArrowDown", "ArrowDown");
  assert.match(await focused(), /^src/);
  await press("Enter", "Enter", "ArrowDown", "ArrowUp");
  assert.match(await focused(), /^beds/);
  await press("Enter");
  assert.match(await focused(), /^index.tsx/);
  await press("Enter");
  await page.getByRole("region", { name: "Content of src/apps/beds/index.tsx" }).waitFor();
  assert.match(await focused(), /^index.tsx/);
  await press("Backspace", "ArrowLeft");
  assert.match(await focused(), /^apps/);
  await page.context().close();
});

test("a file is saved as its own bytes, under its own name", { skip }, async () => {
  const { id } = await garden();
  const page = await open();
  await page.goto(at(id));
  await row(page, /^data/).click();
  await row(page, /^model.bin/).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "model.bin");
  const stream = await download.createReadStream();
  assert.deepEqual(Buffer.concat(await stream.toArray()), FILES["data/model.bin"]);
  await page.context().close();
});

test("a large desktop is listed at once, and fetched only when somebody says so", { skip }, async () => {
  const client = server.client(server.user());
  const { id } = await publish(client, { "large.bin": Buffer.alloc(21 * 2 ** 20, 1), "a.txt": "in it" });
  const page = await open();
  let fetched = 0;
  page.on("request", (request) => (fetched += Number(request.url().includes("/snapshot"))));
  await page.goto(at(id));
  await row(page, /^large.bin.*21 MB/).waitFor();
  await row(page, /^a.txt/).click();
  const fetchAll = page.getByRole("button", { name: "Fetch 21 MB" });
  await fetchAll.waitFor();
  assert.equal(fetched, 0);
  await fetchAll.click();
  await page.locator(".shown pre").getByText("in it").waitFor();
  await row(page, /^large.bin/).click();
  await page.getByText("The first 512 KB of 21 MB.").waitFor();
  assert.equal(fetched, 1);
  await page.context().close();
});

test("a desktop without a list of files is listed from its snapshot, and one that is not what it should be is refused", {
  skip,
}, async () => {
  const { id, userId } = await garden();
  const bucket = await server.r2("BUNDLES");
  const prefix = `desktops/${userId}/main/1.0.0`;
  await bucket.put(`${prefix}/manifest.json`, '{"schemaVersion":1,"files":[{"path":7},null],"apps":"none"}');
  const page = await open();
  await page.goto(at(id));
  await row(page, /^bare/).waitFor();
  const snapshot = Buffer.from(await (await bucket.get(`${prefix}/snapshot.bin`)).arrayBuffer());
  snapshot[snapshot.length - 1] = (snapshot.at(-1) ?? 0) ^ 1;
  await bucket.put(`${prefix}/snapshot.bin`, snapshot);
  // Somebody else's browser: this one keeps for good what was under that hash.
  await page.context().close();
  const other = await open();
  await other.goto(at(id));
  await other.getByText("The snapshot is not the one that was published.").waitFor();
  await other.context().close();
});

test("what is private looks like nothing, until its owner says who they are; their URL goes to the API alone", {
  skip,
}, async () => {
  const { id, userId } = await garden({ visibility: "private" });
  const page = await open();
  await page.goto(at(id));
  await page.getByRole("heading", { name: "Nothing to see here" }).waitFor();
  await look(page, "nothing");
  assert.deepEqual(await serious(page), []);
  const field = page.getByLabel("Your signed URL");
  for (const [typed, told] of [
    ["nonsense", /no URL/],
    ["wss://elsewhere.example/ws?userId=user_a&exp=9999999999&sig=x", /is for elsewhere.example/],
    [gateway(userId).replace(/&sig=.*/, ""), /has no sig/],
    [gateway(userId).replace(/exp=\d+/, "exp=1"), /has expired/],
  ]) {
    await field.fill(String(typed));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText(/** @type {RegExp} */ (told)).waitFor();
  }
  await field.fill(gateway(server.user()));
  await field.press("Enter");
  await page.getByRole("heading", { name: "Nothing to see here" }).waitFor();
  await field.fill(gateway(userId).replace(/sig=./, "sig=~"));
  await field.press("Enter");
  await page.getByText("Your signed URL was refused").waitFor();
  await field.fill(gateway(userId));
  await field.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
  await page.getByText("Private: only you see it").waitFor();
  await row(page, /^README.md/).click();
  await page.locator(".shown pre").getByText("# Garden").waitFor();
  // This tab knows it now; another does not.
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
  const other = await open();
  await other.goto(at(id));
  await other.getByRole("heading", { name: "Nothing to see here" }).waitFor();
  await page.context().close();
  await other.context().close();
});

test("a signed URL in the fragment is taken out of the address at once, and so is one that should not be there", {
  skip,
}, async () => {
  const { id, userId } = await garden({ visibility: "private" });
  const page = await open();
  const query = new URLSearchParams(server.signed(userId));
  for (const address of [`${at(id)}#gateway=${encodeURIComponent(gateway(userId))}`, `${at(id)}#${query}`]) {
    await page.goto("about:blank");
    await page.evaluate(() => sessionStorage.clear()).catch(() => {});
    await page.goto(address);
    await page.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
    assert.equal(page.url(), at(id));
  }
  await page.context().close();
  // Somebody signed the page's own address: it is not looked at, and goes.
  const mistaken = await open({}, /Failed to load resource|^signed: \/d\//);
  await mistaken.goto(`${at(id)}?${query}`);
  await mistaken.getByRole("heading", { name: "Nothing to see here" }).waitFor();
  assert.equal(mistaken.url(), at(id));
  await mistaken.context().close();
});

test("another open page of this origin is asked for the signed URL; pages of other origins cannot answer", {
  skip,
}, async () => {
  const { id, userId } = await garden({ visibility: "private" });
  const page = await open();
  await page.goto(`${server.url}/visit/icon.svg`);
  // As a dashboard does that is busy; see dashboard/visit/src/access/neighbour.ts.
  await page.evaluate((url) => {
    const channel = new BroadcastChannel("holdfast:gateway");
    const answer = () => channel.postMessage({ gateway: url });
    channel.onmessage = ({ data }) => data.wanted === "gateway" && setTimeout(answer, 1500);
    Object.assign(globalThis, { channel });
    return new Promise((held) => {
      const stay = () => {
        held(undefined);
        return new Promise(() => {});
      };
      void navigator.locks.request("holdfast:gateway", { mode: "shared" }, stay);
    });
  }, gateway(userId));
  const visit = await page.context().newPage();
  await visit.goto(at(id));
  await visit.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
  // What opened it has no hold on it, and it none on that.
  const [popup] = await Promise.all([
    page.context().waitForEvent("page"),
    page.evaluate((address) => void window.open(address, "named"), at(id)),
  ]);
  await popup.getByRole("heading", { level: 1, name: "Kitchen garden" }).waitFor();
  assert.equal(await popup.evaluate(() => window.opener), null);
  await page.context().close();
});

test("returning leads to this origin, or to an origin that may call it, and nowhere else", { skip }, async () => {
  const { id } = await garden();
  const page = await open();
  const link = page.getByRole("link", { name: "Return to my desktop" });
  for (const [asked, expected] of [
    ["", "/"],
    ["#return=https://evil.example/", "/"],
    ["#return=javascript:alert(1)", "/"],
    ["#return=//evil.example/", "/"],
    ["#return=/files%3Fpath=a", `${server.url}/files?path=a`],
    ["#return=http://localhost:3000/desk", "http://localhost:3000/desk"],
  ]) {
    await page.goto("about:blank");
    await page.goto(at(id) + asked);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await link.getAttribute("href"), expected, asked);
  }
  await page.context().close();
});

test("the browser isolates the page, as the runtime needs it", { skip }, async () => {
  const { id } = await garden();
  const page = await open();
  await page.goto(at(id));
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  await page.context().close();
});
