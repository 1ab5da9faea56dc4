import type { ReactNode } from "react";

/** A part of a page, under its name. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="thing-section" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
