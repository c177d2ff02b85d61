import { idPattern, limits } from "../../core/domain/records";
import type { AttachedFile, Form, WebMiddleware } from "./web-context";

/**
 * Stop, Retry and the actions of the queue submit the message box too, so that its text is kept. The
 * text is a draft for another address; so is the edit of a queued message whose reply has begun.
 */
const SENT_ALONG =
  /^(\/conversations\/[a-z2-7]{26})(\/replies\/\d+\/(stop|retry)|\/queue\/(continue|\d+(\/withdraw)?))?$/;

/**
 * Reads a message and its idempotency key from the form: for the route that sends them, and for the
 * error page if anything fails. Runs before everything that may fail, including the session.
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
        files: attachedIn(form),
      };
    }
    await next();
  };
}

/** Each is a field of its own, with the file's name as its value. */
function attachedIn(form: Form): AttachedFile[] {
  return [...form]
    .filter(([field]) => field.startsWith("file-"))
    .map(([field, name]) => ({ id: field.slice("file-".length), name }))
    .filter(({ id }) => idPattern.test(id))
    .slice(0, limits.filesPerMessage);
}
