// Names for what the Worker knows by a key alone, remembered in this browser.

/** So many are remembered under each, the latest. */
const REMEMBERED = 300;

export function remember(under: string, name: string, what: string): void {
  try {
    const others = remembered(under).filter(([known]) => known !== name);
    localStorage.setItem(under, JSON.stringify([...others, [name, what]].slice(-REMEMBERED)));
  } catch {
    // Without room for it, it has no name but its key.
  }
}

export function remembered(under: string): [name: string, what: string][] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(under) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => Array.isArray(one) && typeof one[1] === "string") : [];
  } catch {
    return [];
  }
}
