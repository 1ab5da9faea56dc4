// The parts of the page that know no browser: names, links, tables, routes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { iconOf, kindOf } from "../dashboard/page/src/files/kinds.ts";
import { all, NOTHING, only, pruned, ranged, toggled } from "../dashboard/page/src/files/selection.ts";
import { parseCsv } from "../dashboard/page/src/preview/csv.ts";
import { linkOf, pictureOf } from "../dashboard/page/src/preview/links.ts";
import { size } from "../dashboard/page/src/state/format.ts";
import { freeName, isWithin, nameProblem, parentOf, sorted, splitName } from "../dashboard/page/src/state/paths.ts";
import { hrefOf, parseRoute } from "../dashboard/page/src/state/route.ts";

const ROOT = "/root/clawd";

test("a name is refused for the reasons that the Worker has, and in words", () => {
  for (const good of ["a", ".env", "é", " a ", "a\\b", "..a", "x".repeat(255)])
    assert.equal(nameProblem(good), null, good);
  for (const bad of ["", ".", "..", "a/b", "a\nb", "\u0000", "x".repeat(256), "é".repeat(128)])
    assert.equal(typeof nameProblem(bad), "string", JSON.stringify(bad));
});

test("a free name keeps its extension and counts on", () => {
  assert.equal(freeName("a.tar.gz", new Set()), "a.tar.gz");
  assert.equal(freeName("a.md", new Set(["a.md"])), "a copy.md");
  assert.equal(freeName("a.md", new Set(["a.md", "a copy.md"])), "a copy 2.md");
  assert.deepEqual(splitName(".env"), [".env", ""]);
  assert.deepEqual([parentOf("/r/a/b"), isWithin("/r/ab", "/r/a"), isWithin("/r/a", "/r/a")], ["/r/a", false, true]);
});

test("directories come first, however a list is sorted, and equal entries have one order", () => {
  const file = (/** @type {string} */ name, bytes = 0) => ({
    name,
    path: name,
    type: /** @type {const} */ ("file"),
    size: bytes,
    modified: "2026",
  });
  const files = [
    file("b10", 1),
    file("b9", 3),
    { ...file("z"), type: /** @type {const} */ ("directory") },
    file("A", 2),
  ];
  const names = (/** @type {any} */ sort) => sorted(files, sort).map(({ name }) => name);
  assert.deepEqual(names({ key: "name", isDescending: false }), ["z", "A", "b9", "b10"]);
  assert.deepEqual(names({ key: "name", isDescending: true }), ["z", "b10", "b9", "A"]);
  assert.deepEqual(names({ key: "size", isDescending: true }), ["z", "b9", "A", "b10"]);
  assert.deepEqual(names({ key: "modified", isDescending: false }), ["z", "A", "b9", "b10"]);
});

test("a route is read as it was written, whatever is in a name", () => {
  for (const path of ["", "notes/", "a b/#?%/é.md", "100%.txt", "..", "x//y"]) {
    assert.deepEqual(parseRoute(hrefOf({ screen: "files", path })), { screen: "files", path });
  }
  assert.deepEqual(parseRoute("#/nowhere/x"), { screen: "files", path: "x" });
  assert.deepEqual(parseRoute("#/files/%E0%A4%A"), { screen: "files", path: "" });
  assert.deepEqual(parseRoute("#/trash"), { screen: "trash", path: "" });
});

test("a link leads into the workspace, out by https, or nowhere", () => {
  const from = `${ROOT}/notes/today.md`;
  const link = (/** @type {string} */ href) => linkOf(href, from, ROOT);
  assert.equal(link("https://example.com/?a=1#b"), "https://example.com/?a=1#b");
  assert.equal(link("mailto:a@example.com"), "mailto:a@example.com");
  assert.equal(link("deep/er.md"), "#/files/notes/deep/er.md");
  assert.equal(link("../a%20b.md#part"), "#/files/a%20b.md");
  assert.equal(link("/SOUL.md"), "#/files/SOUL.md");
  assert.equal(link(`${ROOT}/SOUL.md`), "#/files/SOUL.md");
  assert.equal(link("deep/"), "#/files/notes/deep/");
  for (const nowhere of [
    "javascript:alert(1)",
    " jAvAscript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "../../..",
    "\\\\x",
    "%6aavascript:x",
    "",
    "%",
    "blob:x",
    "file:///etc/passwd",
  ])
    assert.equal(link(nowhere), null, nowhere);
  assert.equal(pictureOf("../pic.png", from, ROOT), `${ROOT}/pic.png`);
  assert.equal(pictureOf("https://example.com/x.png", from, ROOT), null);
});

test("a table is read with its quotes, its separator and its unclosed end", () => {
  const rows = (/** @type {string} */ text, max = 100) => parseCsv(text, max);
  assert.deepEqual(rows('a,"b ""c"", d"\r\n1,2').rows, [
    ["a", 'b "c", d'],
    ["1", "2"],
  ]);
  assert.deepEqual(rows("\ufeffa;b\n1;2\n").rows, [
    ["a", "b"],
    ["1", "2"],
  ]);
  assert.deepEqual(rows("a\tb\n\n").rows, [["a", "b"], [""]]);
  assert.deepEqual(rows('"line\nbreak",x').rows, [["line\nbreak", "x"]]);
  assert.deepEqual(rows('a,"open\nb').rows, [["a", "open\nb"]]);
  assert.deepEqual(rows("1\n2\n3", 2), { rows: [["1"], ["2"]], isCut: true });
  assert.deepEqual(rows("").rows, []);
});

test("what is chosen grows by ranges, and what has gone makes room", () => {
  const paths = ["a", "b", "c", "d"];
  const range = ranged(only("b"), "d", paths);
  assert.deepEqual([[...range.chosen], range.anchor, range.focus], [["b", "c", "d"], "b", "d"]);
  assert.deepEqual([...ranged(range, "a", paths).chosen], ["a", "b"]);
  assert.deepEqual([...toggled(range, "c").chosen], ["b", "d"]);
  assert.equal(all(paths).chosen.size, 4);
  const left = pruned(only("b"), ["a", "c", "d"], paths);
  assert.deepEqual([left.chosen.size, left.focus], [0, "c"]);
  assert.equal(pruned(NOTHING, [], paths), NOTHING);
});

test("kinds go by the last extension, and sizes are short", () => {
  assert.deepEqual(["a.MD", "b.tar.gz", "Makefile", "x", ".gitignore", "p.JPEG"].map(kindOf), [
    "markdown",
    "unknown",
    "text",
    "unknown",
    "text",
    "image",
  ]);
  assert.equal(iconOf({ name: "a.md", type: "directory" }), "folder");
  assert.deepEqual([0, 999, 1000, 52_428_800, 99_600_000].map(size), ["0 B", "999 B", "1.0 KB", "52.4 MB", "100 MB"]);
});
