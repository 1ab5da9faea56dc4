// Calling back.

/** Calls back. What the callback throws is its own: it is reported, as of any listener, and stops nothing here. */
export function tell<Told extends unknown[]>(callback: ((...told: Told) => void) | undefined, ...told: Told): void {
  try {
    callback?.(...told);
  } catch (error) {
    if (typeof reportError === "function") reportError(error);
    // Where there is no such function, as in Node, by what it does for listeners: it is nobody's to catch.
    else
      queueMicrotask(() => {
        throw error;
      });
  }
}
