/** Packages with their ranges, each a line of a list. */
export function PackageLines({ packages }: { packages: Record<string, string> }) {
  return Object.entries(packages).map(([name, range]) => (
    <li key={name}>
      <code>
        {name} {range}
      </code>
    </li>
  ));
}
