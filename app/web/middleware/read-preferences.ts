import type { Context } from "koa";
import { languageCodes } from "../../core/texts/catalogue";
import type { Language } from "../../core/texts/translation";
import { type Preferences, type Theme, themes } from "../pages/preferences";
import { cookiePath } from "./cookie-path";
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
  save(ctx, THEME, theme);
  save(ctx, LANGUAGE, language);
  save(ctx, ENTER, enterIsNewline ? NEWLINE : undefined);
}

/** @param value `undefined` for the default, which needs no cookie. */
function save(ctx: Context, name: string, value: string | undefined): void {
  ctx.cookies.set(name, value ?? null, {
    signed: false,
    httpOnly: true,
    overwrite: true,
    path: cookiePath(ctx),
    sameSite: "lax",
    secure: ctx.secure,
    maxAge: value === undefined ? 0 : MAX_AGE_MS,
  });
}
