// The page of a desktop beside the dashboard: each knows the other's visitor, and no address ever says who that is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish, skip, visitors } from "./visit.mjs";

const { server, open, gateway, at } = visitors();

const FILES = { "README.md": "# Mine\n" };

test("a dashboard that is open lends its visitor to the page of their desktop", { skip }, async () => {
  const userId = server.user();
  const { id } = await publish(server.client(userId), FILES, { title: "Private desk", visibility: "private" });
  const dashboard = await open();
  await dashboard.goto(`${server.url}/#${new URLSearchParams(server.signed(userId))}`);
  await dashboard.getByText("README.md").first().waitFor();
  const visit = await dashboard.context().newPage();
  await visit.goto(at(id));
  await visit.getByRole("heading", { level: 1, name: "Private desk" }).waitFor();
  await dashboard.context().close();
});

test("returning leads into the visitor's own workspace, without being asked again", { skip }, async () => {
  const { id } = await publish(server.client(server.user()), FILES, { title: "Theirs" });
  const visitor = server.user();
  const page = await open();
  await page.goto(`${at(id)}#gateway=${encodeURIComponent(gateway(visitor))}`);
  await page.getByRole("button", { name: "Fork into my desktop" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Fork", exact: true }).click();
  await dialog.getByRole("link", { name: "Return to my desktop" }).click();
  await page.waitForURL(`${server.url}/`);
  await page.getByRole("row").filter({ hasText: "theirs" }).waitFor();
  assert.equal(page.url(), `${server.url}/`);
  await page.context().close();
});
