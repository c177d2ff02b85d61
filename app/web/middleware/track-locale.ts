import { chooseLocale } from "../../core/texts/choose-locale";
import type { WebContext, WebMiddleware } from "./web-context";

/** Sets the language of the answer: the visitor's choice, or else the browser's. Comes before all that may fail. */
export function trackLocale(): WebMiddleware {
  return async (ctx, next) => {
    const { language } = ctx.state.preferences;
    ctx.state.locale = chooseLocale(language, ctx.acceptsLanguages());
    await next();
  };
}

/** Sends a page in the visitor's language. */
export function sendHtml(
  ctx: Pick<WebContext, "state" | "set" | "vary" | "type" | "body">,
  html: string,
): void {
  ctx.set("content-language", ctx.state.locale.language);
  ctx.vary("accept-language");
  ctx.type = "html";
  ctx.body = html;
}
