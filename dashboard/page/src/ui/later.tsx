// Parts of the page that are fetched when they are first drawn. React remembers for good that one could not be fetched; here it is
// remembered until somebody tries again.

import { type ComponentType, lazy } from "react";

/** A part that could not be fetched: nobody answers, or the page was updated and the part is no longer there. */
export class NotLoaded extends Error {
  /** Where the part is, if that is known. */
  readonly address: string | undefined;

  constructor(cause: unknown, address?: string) {
    super("This part of the page could not be fetched", { cause });
    this.address = address ?? ADDRESS.exec(String(cause))?.[0];
  }
}

type Module<P> = { default: ComponentType<P> };

/** Browsers remember that a module could not be fetched, too, by its address: it is asked for under another one, if they say which. */
const ADDRESS = /https?:\/\/\S+\.m?js/;
let attempt = 0;

/** Has every part that could not be fetched be fetched anew when it is next drawn. */
export function fetchAnew(): void {
  attempt += 1;
}

/** A component that is fetched when it is first drawn. Its failure is the nearest `Boundary`'s to show. */
export function later<P extends object>(load: () => Promise<Module<P>>): ComponentType<P> {
  let failure: NotLoaded | undefined;
  const make = () => {
    const address = failure?.address;
    failure = undefined;
    const loading = (): Promise<Module<P>> =>
      address === undefined ? load() : import(/* @vite-ignore */ `${address}?again=${attempt}`);
    return lazy<ComponentType<P>>(() =>
      loading().catch((cause) => {
        failure = new NotLoaded(cause, address);
        throw failure;
      }),
    );
  };
  let made = { Part: make(), attempt };
  return function Later(props: P) {
    if (failure && made.attempt !== attempt) made = { Part: make(), attempt };
    // biome-ignore lint/suspicious/noExplicitAny: what a lazy component takes is what its component takes
    const Part = made.Part as ComponentType<any>;
    return <Part {...props} />;
  };
}
