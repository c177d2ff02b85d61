import { toVisibleError } from "../../core/domain/errors";
import type { SavedPrompt } from "../../core/domain/records";
import type { WebContext } from "../middleware/web-context";
import type { RouteDeps } from "./page-deps";

/** The links of a page with a message box, relative to its address. */
const LIST = "?prompts=yes";
const linkTo = ({ id }: SavedPrompt) => `?prompt=${id}#message`;

/**
 * Adds the visitor's saved prompts to a page with a message box. Without a script, links list them, and fill
 * the box.
 */
export async function viewComposer(
  ctx: WebContext,
  deps: RouteDeps,
  { composer }: { composer?: object } = {},
): Promise<object> {
  if (!composer) return {};
  const { prompts, prompt: id } = ctx.query;
  const shown = { ...composer, prompts: LIST };
  if (prompts === undefined && id === undefined) return { composer: shown };
  const { savedPrompts, problem } = await readSavedPrompts(ctx, deps);
  const prompt = savedPrompts.find((one) => one.id === id);
  if (prompt) return { composer: { text: prompt.text, ...defined(shown) } };
  const list = savedPrompts.map((one) => ({ ...one, href: linkTo(one) }));
  return { composer: shown, savedPrompts: { list, problem } };
}

/** A text that the visitor typed comes first. */
const defined = (composer: object): object =>
  Object.fromEntries(
    Object.entries(composer).filter(([, value]) => value !== undefined),
  );

async function readSavedPrompts(
  { state }: WebContext,
  { api }: RouteDeps,
): Promise<{ savedPrompts: SavedPrompt[]; problem?: string }> {
  try {
    return await api.readSettings(state.api);
  } catch (error) {
    return { savedPrompts: [], problem: toVisibleError(error).message };
  }
}
