import { readFrame } from "./frame";
import { viewCalls } from "./calls-view";
import { viewPicker } from "./picker";
import type { WebContext, WebState } from "../middleware/web-context";
import type { Conversation } from "../../core/domain/records";
import type { RouteDeps } from "./page-deps";
import { sendHtml } from "../middleware/track-locale";
import { viewBounds } from "./model-bounds";
import { viewComposer } from "./saved-prompts";
import { preferredModel, type SessionValues } from "../sessions/session-values";

export interface Page {
  template: string;
  title: string;
  data?: Record<string, unknown> & { composer?: object };
  /** The id of the shown record, marked in the sidebar. */
  current?: string;
  /** The id of the project that the shown conversation belongs to. */
  project?: string | null;
  /** The shown conversation, whose options the model may not allow. */
  conversation?: Conversation;
  /** The chosen model, and the address to save a choice; by default the session's. */
  picker?: { model: string | undefined; saveAt: string };
}

export type FrameDeps = Pick<RouteDeps, "api" | "host" | "now">;

/** Renders a page with its sidebar. Reads both at the same time, in one round trip. */
export async function renderPage(
  ctx: WebContext,
  deps: RouteDeps,
  content: Promise<Page> | Page,
): Promise<string> {
  const { visitor, scripted, preferences, locale } = ctx.state;
  const [frame, page] = await Promise.all([viewFrame(ctx, deps), content]);
  const { picker = newConversationPicker(visitor.values) } = page;
  delete visitor.values.isUnseen;
  const { project } = page;
  const shownPicker = viewPicker(
    locale,
    frame.models,
    picker.model,
    picker.saveAt,
  );
  return deps.render(locale, page.template, {
    project: project && frame.projects.find(({ id }) => id === project),
    title: page.title,
    current: page.current,
    scripted,
    preferences,
    frame: { ...frame, calls: viewCalls(locale, ctx.state.api.calls) },
    picker: shownPicker,
    bounds: viewBounds(page.conversation, shownPicker.selected, locale),
    ...page.data,
    ...(await viewComposer(ctx, deps, page.data)),
  });
}

/** A choice that differs from the visitor's default is for one conversation, and sent with its first message. */
function newConversationPicker(values: SessionValues) {
  const saveAt = values.defaultModel ? "" : "/session/model";
  return { model: preferredModel(values), saveAt };
}

/** The data of the sidebar, without the calls of the page beside it. */
export async function viewFrame(
  { state }: { state: WebState },
  { api, host, now }: FrameDeps,
) {
  const { visitor, person } = state;
  const isNew = visitor.isNew || visitor.values.isUnseen === true;
  const frame = await readFrame(api, state, now());
  const problem = visitor.problem ?? frame.problem;
  const { shortId } = visitor;
  const isHidden = state.hidesSidebar;
  return {
    ...frame,
    problem,
    host,
    shortId,
    isNew,
    person,
    isHidden,
  };
}

export async function sendPage(
  ctx: WebContext,
  deps: RouteDeps,
  content: Promise<Page> | Page,
): Promise<void> {
  sendHtml(ctx, await renderPage(ctx, deps, content));
}

/** Answers a form with the page that shows its result. @param address within Keepsake. */
export function seeOther(
  ctx: Pick<WebContext, "state" | "redirect" | "status">,
  address: string,
): void {
  ctx.redirect(ctx.state.base + address);
  ctx.status = 303;
}
