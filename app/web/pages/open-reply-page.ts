import { toVisibleError } from "../../core/domain/errors";
import type { ReplyEnd, ReplyState } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { outcomeNotices } from "./message-renderer";
import { REPLY_PLACE } from "./conversation-page";
import { respondWith } from "../middleware/send-streams";
import type { WebContext } from "../middleware/web-context";
import { escape } from "../rendering/escape";
import { joinReply } from "../streaming/follow-reply";
import type { StreamBody } from "../streaming/stream-body";
import {
  composerButton,
  continueButton,
  pageHeartbeat,
  writeReplyIntoPage,
} from "../streaming/page-stream";
import type { RouteDeps } from "./page-deps";

/** A button, because an automatic reload would lose the text in the message box. */
function continueNotice(
  locale: Locale,
  message: string,
  address: string,
): string {
  return `</span></div><p class="notice">${escape(message)} ${continueButton(locale, address)}</p>`;
}

/** The style sheet then hides the queue, which was rendered when the page was requested. */
const nextNotice = (locale: Locale, address: string): string =>
  `<p class="notice next">${escape(locale.t("reply.goesOn"))} ${continueButton(locale, address)}</p>`;

/**
 * Sends a rendered page up to the place of its reply, streams the reply, and then sends the rest. The
 * message box comes first, so that it and Stop can be used meanwhile.
 */
export function openReplyPage(
  ctx: WebContext,
  deps: RouteDeps,
  conversation: string,
  reply: ReplyState,
): void {
  const [before = "", after = ""] = String(ctx.body).split(REPLY_PLACE);
  const { locale } = ctx.state;
  const address = `${ctx.state.base}/conversations/${conversation}`;
  const pulse = pageHeartbeat(locale, address);
  const of = { id: conversation, number: reply.number };
  const { owner } = ctx.state.api;
  const live = deps.streams.open(ctx.res, owner, pulse, (open) =>
    open.write(continueNotice(locale, locale.t("reply.shuttingDown"), address)),
  );
  respondWith(ctx, "html", live);
  live.write(before);
  const context = ctx.state.api;
  const joined = joinReply(deps, ctx.state, of, live.signal);
  writeReplyIntoPage(live, {
    pulse,
    text: reply.text,
    reply: joined,
    renderEnd: (ended) => {
      deps.api.noticeEnd(context);
      return endOf(locale, ended, `${address}/replies/${reply.number}/retry`);
    },
  })
    .then(() => {
      const next = joined.ended?.isContinued ? nextNotice(locale, address) : "";
      return finish(live, next + after);
    })
    .catch((error: unknown) => {
      if (live.signal.aborted) return;
      const { requestId } = context;
      deps.log.warn({ error, requestId }, "a reply could not be followed");
      live.write(
        continueNotice(locale, locale.tell(toVisibleError(error)), address),
      );
      live.end("backend");
    });
}

function finish(live: StreamBody, after: string): void {
  live.write(after);
  live.end("done");
}

function endOf(locale: Locale, ended: ReplyEnd, retry: string): string {
  const sentences = outcomeNotices(locale, ended).map(escape);
  const notices =
    ended.outcome === "failed"
      ? [
          `<div class="notice problem retry"><p>${sentences.join(" ")}</p>${composerButton(locale.t("action.retry"), retry)}</div>`,
        ]
      : sentences.map((sentence) => `<p class="notice">${sentence}</p>`);
  return [...notices, '<i class="ended" hidden></i>'].join("");
}
