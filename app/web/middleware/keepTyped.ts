import type { WebMiddleware } from "./WebContext";

/** A page that is read on: what it has in its box is meant for another address. */
const CONVERSATION = /^\/conversations\/[a-z2-7]{26}$/;

/**
 * Keeps at hand what was typed into a message box, for the page that says why it could not be sent.
 * It comes before all that may fail, the session included.
 */
export function keepTyped(): WebMiddleware {
  return async (ctx, next) => {
    const { form } = ctx.state;
    if (form?.has("message")) {
      ctx.state.typed = {
        text: form.get("message") ?? "",
        action: ctx.path.replace(CONVERSATION, "$&/messages"),
        key: form.get("key") ?? "",
        project: form.get("project"),
        follows: form.get("follows"),
        insteadOf: form.get("insteadOf"),
      };
    }
    await next();
  };
}
