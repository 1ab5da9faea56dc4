import { useState } from "react";
import { useWorkspace } from "../state/workspace.ts";

/** What is filled in of a form, until it is sent: whoever closes it, by Escape or by Back, finds it again as long as the page is there. */
export function useBegun<T extends object>(form: string, initial: () => T) {
  const { shop } = useWorkspace();
  const [filled, setFilled] = useState<T>(() => (shop.begun.get(form) as T | undefined) ?? initial());
  return {
    filled,
    fill: (change: Partial<T>) =>
      setFilled((now) => {
        const next = { ...now, ...change };
        shop.begun.set(form, next);
        return next;
      }),
    sent: () => shop.begun.delete(form),
  };
}
