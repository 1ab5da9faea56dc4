// The minting function that README quotes, against the vectors that every implementation shares.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gatewayUrl, mint } from "../scripts/mint.mjs";

const { secret, valid, expired } = JSON.parse(readFileSync(new URL("vectors/signing.json", import.meta.url), "utf8"));

test("every vector is minted to the letter", () => {
  for (const { userId, exp, sig } of [...valid, ...expired]) {
    assert.equal(mint(userId, exp, secret), `userId=${userId}&exp=${exp}&sig=${sig}`);
  }
});

test("a gateway URL is a WebSocket's, lives as long as asked and signs what it says", () => {
  for (const [base, start] of [
    ["http://localhost:8787", "ws://localhost:8787/ws?"],
    ["https://example.com/", "wss://example.com/ws?"],
  ]) {
    const url = gatewayUrl(base, "user_demo", secret, 60);
    const { userId, exp } = Object.fromEntries(new URL(url).searchParams);
    assert.equal(url, start + mint(userId, exp, secret));
    assert.ok(Math.abs(Number(exp) - Date.now() / 1000 - 60) < 5);
  }
});
