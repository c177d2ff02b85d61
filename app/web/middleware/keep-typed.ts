import type { WebMiddleware } from "./web-context";

/**
 * What a page's other buttons send along from its message box, so that it isn't lost, is meant for
 * another address.
 */
const SENT_ALONG =
  /^(\/conversations\/[a-z2-7]{26})(\/replies\/\d+\/(stop|retry))?$/;

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
        action: ctx.path.replace(SENT_ALONG, "$1/messages"),
        key: form.get("key") ?? "",
        project: form.get("project"),
        follows: form.get("follows"),
        insteadOf: form.get("insteadOf"),
      };
    }
    await next();
  };
}
