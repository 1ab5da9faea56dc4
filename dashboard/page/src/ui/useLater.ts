import { useEffect, useState } from "react";

/** A value once it has stayed the same for a while: who types is not asked about every letter. */
export function useLater<T>(value: T, afterMs: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(setLate, afterMs, value);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return late;
}
