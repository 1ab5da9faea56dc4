import { type MouseEvent, useRef, useState } from "react";

/** One press does one thing: until that is over no other one counts, nor does the second click of a double-click. */
export function usePress() {
  const [isBusy, setBusy] = useState(false);
  const isUnder = useRef(false);
  const press = async (event: MouseEvent, work: () => Promise<unknown>) => {
    if (isUnder.current || event.detail > 1) return;
    isUnder.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      isUnder.current = false;
      setBusy(false);
    }
  };
  return { isBusy, press };
}
