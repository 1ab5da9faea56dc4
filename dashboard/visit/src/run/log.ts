// What processes print, as plain text of bounded length.

const MAX_CHARACTERS = 200_000;

export class Log {
  readonly element: HTMLPreElement;
  #text = "";
  #isDue = false;

  constructor(element: HTMLPreElement) {
    this.element = element;
  }

  /** Colours and movements of the cursor are left out; a line that is written over again and again is there once. */
  add(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are spoken to in control characters.
    const plain = text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[@-Z\\-_]|\u0007/g, "").replace(/\r\n/g, "\n");
    const lines = (this.#text.slice(this.#text.lastIndexOf("\n") + 1) + plain).split("\n");
    const kept = lines.map((line) => line.replace(/\r+$/, "").replace(/^.*\r/, ""));
    this.#text = (this.#text.slice(0, this.#text.lastIndexOf("\n") + 1) + kept.join("\n")).slice(-MAX_CHARACTERS);
    if (this.#isDue) return;
    // Once for everything that is printed until the next picture.
    this.#isDue = true;
    requestAnimationFrame(() => this.#show());
  }

  clear(): void {
    this.#text = "";
    this.#show();
  }

  #show(): void {
    this.#isDue = false;
    const { element } = this;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    element.textContent = this.#text;
    if (isAtEnd) element.scrollTop = element.scrollHeight;
  }
}
