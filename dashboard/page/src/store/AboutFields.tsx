import type { Visibility } from "../../../client/index.ts";
import type { About } from "./about.ts";
import { VISIBILITIES } from "./things.ts";

export function AboutFields({ about, onChange }: { about: About; onChange: (about: About) => void }) {
  const field = (name: "title" | "icon" | "description" | "tags") => ({
    value: about[name],
    onChange: ({ target }: { target: HTMLInputElement | HTMLTextAreaElement }) =>
      onChange({ ...about, [name]: target.value }),
  });
  return (
    <>
      <div className="form-row">
        <label className="icon-field">
          Icon
          <input className="input" maxLength={2048} placeholder="📝" {...field("icon")} />
        </label>
        <label>
          Title
          <input className="input" required maxLength={200} {...field("title")} />
        </label>
      </div>
      <label>
        Description
        <textarea className="input" rows={3} maxLength={4000} {...field("description")} />
      </label>
      <div className="form-row">
        <label>
          Tags
          <input className="input" placeholder="notes, productivity" {...field("tags")} />
        </label>
        <label>
          Seen by
          <select
            className="input"
            value={about.visibility}
            onChange={({ target }) => onChange({ ...about, visibility: target.value as Visibility })}
          >
            {VISIBILITIES.map(([key, text]) => (
              <option key={key} value={key}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
    </>
  );
}
