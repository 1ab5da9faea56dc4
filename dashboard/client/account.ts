// For backends: the end of an account. It is the host's to make, by a secret of its own; no user's URL can.

import { errorOf, jsonOf } from "./answer.ts";
import type { CallOptions } from "./http.ts";
import { USER_ID } from "./mint.ts";
import { ATTEMPTS, patiently } from "./patience.ts";
import type { AccountDeleted } from "./types.ts";

export interface DeleteAccountOptions extends CallOptions {
  /** Where the service is: `https://holdfast.example`. */
  base: string;
  userId: string;
  /** HOST_SECRET, as it is given to the Worker. */
  hostSecret: string;
}

/** Deletes everything of a user for good. After a `HoldfastError` it may be half done: it can be repeated until it succeeds. */
export async function deleteAccount(options: DeleteAccountOptions): Promise<AccountDeleted> {
  const { base, userId, hostSecret, signal } = options;
  if (!USER_ID.test(userId)) throw new TypeError("A user id is user_ and 1 to 128 letters, digits, _ or -");
  if (hostSecret === "") throw new TypeError("The secret is empty");
  const url = new URL(`/api/account?userId=${userId}`, base);
  const headers = { Authorization: `Bearer ${hostSecret}` };
  const once = async () => {
    const response = await fetch(url, { method: "DELETE", headers, signal: signal ?? null });
    if (!response.ok) throw await errorOf(response);
    return jsonOf<AccountDeleted>(response);
  };
  // What is gone already is gone the second time, too.
  return patiently(ATTEMPTS, once, signal);
}
