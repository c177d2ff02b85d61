import { readFrame } from "./frame";
import { viewCalls } from "./calls-view";
import { viewPicker } from "./picker";
import type { WebContext } from "../middleware/web-context";
import type { RouteDeps } from "./page-deps";

export interface Page {
  template: string;
  title: string;
  data?: object;
  /** The id of what is shown, marked in the sidebar. */
  current?: string;
  /**
   * The chosen model, and where a choice is saved at once; by default that of the session, with
   * which new conversations begin.
   */
  picker?: { model: string | undefined; saveAt: string };
}

/**
 * Renders a page with its frame: the lists of the sidebar are read while the page's own content
 * is, so that both together take one round trip.
 */
export async function renderPage(
  ctx: WebContext,
  deps: RouteDeps,
  content: Promise<Page> | Page,
): Promise<string> {
  const { visitor, api, scripted } = ctx.state;
  const [frame, page] = await Promise.all([
    readFrame(deps.api, api, deps.now()),
    content,
  ]);
  const { model } = visitor.values;
  const { picker = { model, saveAt: "/session/model" } } = page;
  const isNew = visitor.isNew || visitor.values.isUnseen === true;
  delete visitor.values.isUnseen;
  return deps.render(page.template, {
    title: page.title,
    current: page.current,
    scripted,
    frame: {
      ...frame,
      problem: visitor.problem ?? frame.problem,
      host: deps.host,
      shortId: visitor.shortId,
      isNew,
      person: ctx.state.person,
      calls: viewCalls(api.calls),
    },
    picker: viewPicker(frame.models, picker.model, picker.saveAt),
    ...page.data,
  });
}

/** Answers with a page. */
export async function sendPage(
  ctx: WebContext,
  deps: RouteDeps,
  content: Promise<Page> | Page,
): Promise<void> {
  const html = await renderPage(ctx, deps, content);
  ctx.type = "html";
  ctx.body = html;
}

/** After a form: the browser fetches the page that shows what it did. */
export function seeOther(ctx: WebContext, address: string): void {
  ctx.redirect(address);
  ctx.status = 303;
}
