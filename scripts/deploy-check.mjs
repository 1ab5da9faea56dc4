// `npm run deploy:check`: builds and packs into dist/ exactly what `wrangler deploy` would upload, without an account, and says
// whether the platform takes it.
import { buildPage } from "./page.mjs";
import { Failure, run, say, script } from "./run.mjs";
import { setUp } from "./setup.mjs";

// Gzipped, by plan: https://developers.cloudflare.com/workers/platform/limits/
const FREE_KIB = 3 * 1024;
const PAID_KIB = 10 * 1024;

await script(import.meta, async () => {
  const env = await setUp();
  await buildPage(env); // wrangler looks for it before it builds anything
  const printed = await run("wrangler", ["deploy", "--dry-run", "--outdir", "dist"], { env, capture: true });
  const size = Number(printed.match(/gzip: ([\d.]+) KiB/)?.[1]);
  if (!size) throw new Failure("wrangler did not say how large the Worker is.");
  if (size > PAID_KIB) throw new Failure(`The Worker has ${size} KiB gzipped; the platform takes ${PAID_KIB}.`);
  say(
    `${size} KiB gzipped: fits ${size > FREE_KIB ? "the paid plan (not the free one" : "every plan ("}limit ${size > FREE_KIB ? PAID_KIB : FREE_KIB} KiB)`,
  );
});
