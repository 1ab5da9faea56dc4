import type { Finding } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";

const LOOKS: Record<Finding["rule"], string> = {
  "private-key": "a private key",
  "aws-key": "a key of AWS",
  "github-token": "a token of GitHub",
  "slack-token": "a token of Slack",
  "openai-key": "an API key",
  "google-key": "a key of Google",
  "provider-key": "a key of a provider of models",
  "address-password": "an address with a password",
  jwt: "a signed token",
  "bearer-token": "the token of a header",
  "secret-assignment": "a secret value",
};

interface FindingsProps {
  findings: readonly Finding[];
  /** Files that are published all the same. */
  allowed: ReadonlySet<string>;
  onAllow: (allowed: ReadonlySet<string>) => void;
}

/** Files that look like they hold credentials: taken out by the person, or allowed one by one. */
export function Findings({ findings, allowed, onAllow }: FindingsProps) {
  const { root } = useWorkspace();
  const files = [...new Set(findings.map(({ path }) => path))];
  const toggle = (path: string) => {
    const next = new Set(allowed);
    if (!next.delete(path)) next.add(path);
    onAllow(next);
  };
  return (
    <section className="findings" aria-label="Possible credentials">
      <p className="report-title">
        <Icon name="warning" />
        These files look like they hold credentials, which everyone could read
      </p>
      <ul>
        {files.map((path) => (
          <li key={path}>
            <label>
              <input type="checkbox" checked={allowed.has(path)} onChange={() => toggle(path)} />
              <span>
                <code>{path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path}</code>
                <span className="quiet">
                  {findings
                    .filter((finding) => finding.path === path)
                    .map(({ line, rule }) => `line ${line}: ${LOOKS[rule] ?? rule}`)
                    .join(", ")}
                </span>
                <span>It is none: publish this file</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <p className="quiet">Otherwise take it out of the file, or leave the file out, and publish again.</p>
    </section>
  );
}
