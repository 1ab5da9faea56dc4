// `npm run openapi`: writes openapi.json anew, as the code says it, and the client's types with it.
import { writeApiTypes } from "./api-types.mjs";
import { run, script } from "./run.mjs";
import { setUp } from "./setup.mjs";

await script(import.meta, async () => {
  const env = await setUp();
  await run("cargo", ["test", "--quiet", "--lib", "openapi::"], { env: { ...env, UPDATE_OPENAPI: "1" } });
  await writeApiTypes();
});
