interface VersionFieldProps {
  version: string;
  onChange: (version: string) => void;
  /** The one that is published. */
  before: string | null;
}

export function VersionField({ version, onChange, before }: VersionFieldProps) {
  return (
    <label>
      Version
      <input
        className="input"
        pattern="\d+\.\d+\.\d+"
        title="Three numbers, such as 1.2.0"
        placeholder={before === null ? "1.0.0" : `the one after ${before}`}
        value={version}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
