// `npm run sign -- USER [--ttl S] [--base URL]` prints the gateway URL of a user. The secret is SIGNING_SECRET of the environment, or
// else the one that `npm start` made.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gatewayUrl } from "./mint.mjs";
import { at, Failure, script } from "./run.mjs";

const USAGE = "Usage: npm run sign -- USER [--ttl SECONDS] [--base URL]";

/** The secret in `.dev.vars`, if it holds one. */
export function developmentSecret() {
  const lines = existsSync(at(".dev.vars")) ? readFileSync(at(".dev.vars"), "utf8") : "";
  return lines.match(/^\s*SIGNING_SECRET\s*=\s*(["']?)(.*?)\1\s*$/m)?.[2];
}

function parse(args) {
  const options = {
    ttl: { type: "string", default: "3600" },
    base: { type: "string", default: "http://localhost:8787" },
  };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message}. ${USAGE}`);
  }
}

await script(import.meta, (args) => {
  const { values, positionals } = parse(args);
  const [user, ...rest] = positionals;
  if (!user || rest.length > 0) throw new Failure(USAGE);
  if (!/^user_[A-Za-z0-9_-]{1,128}$/.test(user)) {
    throw new Failure(`\`${user}\` is no user id: it is \`user_\` and then 1 to 128 letters, digits, \`_\` or \`-\`.`);
  }
  if (!/^[1-9]\d{0,9}$/.test(values.ttl)) throw new Failure(`--ttl is a number of seconds. ${USAGE}`);
  if (!/^https?:\/\/[^/?#]+\/?$/.test(values.base)) throw new Failure(`--base is like https://example.com. ${USAGE}`);
  const secret = process.env.SIGNING_SECRET || developmentSecret();
  if (!secret)
    throw new Failure(
      "There is no secret: set SIGNING_SECRET, or run `npm start` once, which makes one for development.",
    );
  console.log(gatewayUrl(values.base, user, secret, Number(values.ttl)));
});
