import { Readable } from "node:stream";
import type Router from "@koa/router";
import type { ParameterizedContext } from "koa";
import { VisibleError } from "../../core/domain/errors";
import type { ReplyService } from "../replies/reply-service";
import type { EpochWriter } from "../replies/writing/epoch-writer";
import { encodeForPeer, NOT_HELD } from "../replies/reading/peers";
import { parseOffset } from "../replies/log/offset";
import type { ReplyRef } from "../../core/storage/layout/record-folders";

export type HeldReplies = Pick<ReplyService, "held" | "stopHeld" | "process">;

/** What a process that holds a reply tells and does for the other backends; see `Peers`. */
export function serveHeldReplies<State>(
  router: Router<State>,
  replies: HeldReplies,
): void {
  const path = "/v1/held-replies/:process/:owner/:conversation/:number";
  router.get(path, (ctx) => {
    const held = replies.held(toRef(replies, ctx.params));
    if (!held) throw notHeld();
    if (ctx.method === "HEAD") ctx.status = 204;
    else answerLines(ctx, held);
  });
  router.post(`${path}/stop`, async (ctx) => {
    const ref = toRef(replies, ctx.params);
    if (!(await replies.stopHeld(ref))) throw notHeld();
    ctx.status = 204;
  });
}

function answerLines(ctx: ParameterizedContext, held: EpochWriter): void {
  const controller = new AbortController();
  ctx.res.once("close", () => controller.abort());
  const from = parseOffset(String(ctx.query["offset"]));
  const ahead = ctx.query["ahead"] === "true";
  const lines = encoded(held, from, ahead, controller.signal);
  ctx.type = "application/x-ndjson";
  ctx.body = Readable.from(lines, { objectMode: false });
}

async function* encoded(...[held, ...asked]: [EpochWriter, ...Asked]) {
  for await (const lines of held.follow(...asked)) {
    yield lines.map(encodeForPeer).join("");
  }
}

type Asked = Parameters<EpochWriter["follow"]>;

/** @throws VisibleError (421) where another process is meant: one that had this address has died. */
function toRef(
  replies: HeldReplies,
  params: Record<string, string | undefined>,
): ReplyRef {
  const { owner = "", conversation = "", number = "" } = params;
  if (params["process"] !== replies.process) throw notHeld();
  return { ownerHash: owner, conversation, number: Number(number) };
}

const notHeld = () =>
  new VisibleError(NOT_HELD, "This process does not write that reply.");
