import { useEffect, useRef, useState } from "react";
import { type Finding, HoldfastError, type Published, type PublishStep } from "../../../client/index.ts";
import { say, sayError, whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";

export type PublishState =
  | { at: "idle" }
  | { at: "busy"; step: PublishStep | null }
  | { at: "done"; published: Published }
  /** `findings` are files that look like they hold credentials; `next` is a version that is free. */
  | { at: "failed"; why: string; findings: readonly Finding[]; next: string | null };

type Work = (onProgress: (step: PublishStep) => void) => Promise<Published>;

/**
 * A publish under way. It goes on when its dialog is closed; then what becomes of it is said at the foot of the page.
 * @param onDone once it is published
 */
export function usePublish(onDone: () => void) {
  const { shop } = useWorkspace();
  const [state, setState] = useState<PublishState>({ at: "idle" });
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  const publish = async (title: string, work: Work) => {
    setState({ at: "busy", step: null });
    try {
      const published = await work((step) => setState({ at: "busy", step }));
      onDone();
      setState({ at: "done", published });
      if (!isOpen.current) say(`Published ${title} ${published.version}`);
    } catch (cause) {
      setState(failureOf(cause));
      if (!isOpen.current) sayError(`Publishing ${title}`, cause);
    }
    shop.changed();
  };
  return { state, publish, forget: () => setState({ at: "idle" }) };
}

function failureOf(cause: unknown): PublishState {
  const body = cause instanceof HoldfastError ? cause.body : {};
  const findings = Array.isArray(body.findings) ? (body.findings as Finding[]) : [];
  const next = typeof body.nextVersion === "string" ? body.nextVersion : null;
  return { at: "failed", why: whyOf(cause), findings, next };
}
