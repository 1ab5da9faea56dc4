// `npm run fsck -- --user USER [--base URL] [--all] [--repair]` has a running Worker look through one user's workspace: its rows, its
// objects, its bytes. It prints what is wrong in words, and ends with 1 if anything is. The secret is found as by `npm run sign`.
import { parseArgs } from "node:util";
import { mint } from "./mint.mjs";
import { Failure, say, script } from "./run.mjs";
import { developmentSecret } from "./sign.mjs";

const USAGE = "Usage: npm run fsck -- --user USER [--base URL] [--all] [--repair]";
const OPTIONS = {
  user: { type: "string" },
  base: { type: "string", default: "http://localhost:8787" },
  all: { type: "boolean", default: false },
  repair: { type: "boolean", default: false },
};

function parse(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (!values.user) throw new Failure(USAGE);
    return values;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${error.message}. ${USAGE}`);
  }
}

/** One page of the look. A look through much takes long: each page is signed anew. */
async function page({ user, base, all, repair }, secret, cursor) {
  const query = mint(user, Math.floor(Date.now() / 1000) + 300, secret);
  const more = `${all ? "&all=true" : ""}${cursor ? `&cursor=${cursor}` : ""}`;
  const url = `${base.replace(/\/+$/, "")}/api/fsck?${query}${more}`;
  const answer = await fetch(url, { method: repair ? "POST" : "GET" }).catch((error) => {
    throw new Failure(`${base} does not answer (${error.cause?.code ?? error.message}).`);
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Failure(`${base} says ${answer.status}: ${body.error ?? "nothing"} ${body.details ?? ""}`);
  return body;
}

await script(import.meta, async (args) => {
  const options = parse(args);
  const secret = process.env.SIGNING_SECRET || developmentSecret();
  if (!secret) throw new Failure("There is no secret: set SIGNING_SECRET, or run `npm start` once.");
  const sum = { rules: 0, objects: 0, copies: 0, contents: 0 };
  let problems = 0;
  for (let cursor, first = true; first || cursor; first = false) {
    const found = await page(options, secret, cursor);
    for (const problem of found.problems) console.log(problem);
    for (const repaired of found.repaired) console.log(`repaired: ${repaired}`);
    problems += found.problems.length;
    for (const name of Object.keys(sum)) sum[name] += found.checked[name];
    cursor = found.cursor;
  }
  const looked = `${sum.rules} rules, ${sum.objects} objects, the bytes of ${sum.contents} contents, ${sum.copies} files of the copy`;
  if (problems > 0) throw new Failure(`${problems} problems in ${looked}.`);
  say(`nothing is wrong: ${looked}`);
});
