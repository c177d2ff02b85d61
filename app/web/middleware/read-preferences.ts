import type { Context } from "koa";
import { languageCodes } from "../../core/texts/catalogue";
import type { Language } from "../../core/texts/translation";
import { type Preferences, type Theme, themes } from "../pages/preferences";
import { setBrowserCookie } from "./browser-cookies";
import type { WebMiddleware } from "./web-context";

const THEME = "theme";
const LANGUAGE = "language";
const ENTER = "enter";
const NEWLINE = "newline";

/** As long as browsers keep any cookie. */
const MAX_AGE_MS = 400 * 24 * 3_600_000;

export function readPreferences(): WebMiddleware {
  return async (ctx, next) => {
    ctx.state.preferences = {
      theme: toTheme(ctx.cookies.get(THEME, { signed: false })),
      language: toLanguage(ctx.cookies.get(LANGUAGE, { signed: false })),
      enterIsNewline: ctx.cookies.get(ENTER, { signed: false }) === NEWLINE,
    };
    await next();
  };
}

export const toTheme = (text: string | undefined): Theme | undefined =>
  themes.find((theme) => theme === text);

export const toLanguage = (code: string | undefined): Language | undefined =>
  languageCodes.find((language) => language === code);

export function savePreferences(
  ctx: Context,
  { theme, language, enterIsNewline }: Preferences,
): void {
  // The default needs no cookie.
  setBrowserCookie(ctx, THEME, theme, MAX_AGE_MS);
  setBrowserCookie(ctx, LANGUAGE, language, MAX_AGE_MS);
  const enter = enterIsNewline ? NEWLINE : undefined;
  setBrowserCookie(ctx, ENTER, enter, MAX_AGE_MS);
}
