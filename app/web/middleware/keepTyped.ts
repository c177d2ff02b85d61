import type { WebMiddleware } from "./WebContext";

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
        action: ctx.path,
        key: form.get("key") ?? "",
        project: form.get("project"),
        follows: form.get("follows"),
        insteadOf: form.get("insteadOf"),
      };
    }
    await next();
  };
}
