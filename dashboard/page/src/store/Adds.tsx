import { type AppRow, type Holdfast, HoldfastError } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Section } from "./Section.tsx";

/** What installing an app would add. Which versions fit each other is the Worker's to decide; it is told afterwards. */
export function Adds({ app }: { app: AppRow & { files?: number } }) {
  const { client, root } = useWorkspace();
  const ask = async (signal: AbortSignal) => {
    const [manifest, here] = await Promise.all([
      client.store.manifest("apps", app.id, { signal }),
      packagesHere(client, root, signal),
    ]);
    return Object.entries(manifest.dependencies).map(([name, range]) => ({ name, range, here: here.get(name) }));
  };
  const { value, error } = useAnswer(`adds ${app.id} ${app.version}`, ask);
  return (
    <Section title="Installing adds">
      <ul className="adds">
        <li>
          {app.files === undefined ? "its files" : count(app.files, "file")} in <code>src/apps/{app.appId}</code>, or
          beside it if that is taken
        </li>
        <li>
          a line in <code>public/apps/registry.json</code>, so that it appears on your desktop
        </li>
        {error && <li className="problem">Which packages it needs could not be asked: {error.message}</li>}
        {value?.length === 0 && <li>no packages</li>}
        {value?.map(({ name, range, here }) => (
          <li key={name}>
            <code>
              {name} {range}
            </code>{" "}
            <span className="quiet">{here === undefined ? "new in package.json" : `you have ${here}`}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The packages that the workspace asks for. A `package.json` that is missing or broken has none: installing says what is wrong with it. */
async function packagesHere(client: Holdfast, root: string, signal: AbortSignal): Promise<Map<string, string>> {
  try {
    const { content } = await client.files.read(`${root}/package.json`, { signal });
    const { dependencies, devDependencies } = JSON.parse(content) as Record<string, unknown>;
    const lists = [devDependencies, dependencies].filter((list) => typeof list === "object" && list !== null);
    return new Map(
      lists.flatMap((list) => Object.entries(list as object)).map(([name, range]) => [name, String(range)]),
    );
  } catch (cause) {
    const isNone = cause instanceof SyntaxError || cause instanceof TypeError;
    if (isNone || (cause instanceof HoldfastError && [404, 413, 415].includes(cause.status))) return new Map();
    throw cause;
  }
}
