import type { SharedLink } from "../../core/domain/records";
import type { WebContext } from "../middleware/web-context";

/** A shared link as its owner's lists show it. */
export interface LinkView extends Omit<SharedLink, "token"> {
  href: string;
  /** Its whole address, to be copied. */
  address: string;
  date: string;
  /** True if it was just created. */
  isMade: boolean;
}

/** The visitor's links. @param made The id of the one that was just created. */
export function viewLinks(
  ctx: Pick<WebContext, "state" | "req" | "protocol">,
  links: readonly SharedLink[],
  made?: string,
): LinkView[] {
  const { base, locale } = ctx.state;
  // Not `ctx.host`: a client may set `X-Forwarded-Host`.
  const origin = `${ctx.protocol}://${ctx.req.headers.host}`;
  return links.map(({ token, ...link }) => {
    const href = `/shared/${token}`;
    return {
      ...link,
      href,
      address: `${origin}${base}${href}`,
      date: dateOf(locale.tag, link.createdAt),
      isMade: link.id === made,
    };
  });
}

/** The day by UTC, in the visitor's way of writing. */
export const dateOf = (tag: string, at: string): string =>
  new Intl.DateTimeFormat(tag, { dateStyle: "long", timeZone: "UTC" }).format(
    new Date(at),
  );
