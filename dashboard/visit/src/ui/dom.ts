// Elements, made one by one. Text becomes a text node, never markup: a page's policy (Trusted Types) would refuse it anyway.

type Child = Node | string | undefined | false;
type Listener = (event: Event) => void;
/** Attributes as in HTML; `true` is an empty one, `undefined` and `false` none; a function listens. */
type Props = Record<string, string | number | boolean | undefined | Listener>;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  fill(element, ...children);
  return element;
}

/** Puts these in place of what is there. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== undefined && child !== false));
}

/** A name or text of somebody else's: whatever direction it is written in, what surrounds it stays where it is. */
export function foreign(text: string): HTMLElement {
  return el("bdi", {}, visible(text));
}

/** Control characters and those that turn the direction of writing, shown instead of obeyed. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, "\ufffd");
}

export function button(label: string, onClick: () => void, props: Props = {}): HTMLButtonElement {
  return el("button", { type: "button", class: "button", click: onClick, ...props }, label);
}
