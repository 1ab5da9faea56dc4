// Asking the visitor for their signed URL.

import { el } from "../ui/dom.ts";
import { type Access, NotAGateway } from "./gateway.ts";

let forms = 0;

/** A form that takes a signed URL, checks that it is one, and then calls back. What else can be done stands beside its button. */
export function accessForm(access: Access, onTaken: () => void, ...others: HTMLElement[]): HTMLFormElement {
  forms += 1;
  const [fieldId, wrongId] = [`gateway-${forms}`, `gateway-wrong-${forms}`];
  // As a password is: it is as good as one, and belongs into no history of what was typed.
  const field = el("input", {
    id: fieldId,
    type: "password",
    autocomplete: "off",
    required: true,
    placeholder: "wss://…?userId=…&exp=…&sig=…",
    "aria-describedby": wrongId,
  });
  const wrong = el("p", { id: wrongId, class: "wrong", role: "alert" });
  const submit = (event: Event) => {
    event.preventDefault();
    try {
      access.take(field.value);
    } catch (error) {
      wrong.textContent = error instanceof NotAGateway ? error.message : "This is no signed URL.";
      field.setAttribute("aria-invalid", "true");
      field.focus();
      return;
    }
    field.value = "";
    onTaken();
  };
  return el(
    "form",
    { class: "access", submit },
    el("label", { for: fieldId }, "Your signed URL"),
    field,
    wrong,
    el(
      "p",
      { class: "hint" },
      "Your desktop's host gives it to you. It stays in this tab and goes to this service alone.",
    ),
    el("div", { class: "actions" }, el("button", { type: "submit", class: "button primary" }, "Continue"), ...others),
  );
}
