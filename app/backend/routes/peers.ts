import { Readable } from "node:stream";
import type Router from "@koa/router";
import type { ParameterizedContext } from "koa";
import { VisibleError } from "../../core/domain/errors";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { parseOffset } from "../replies/log/offset";
import type { LogRecord } from "../replies/log/records";
import type { ReplyService } from "../replies/reply-service";
import type { EpochWriter } from "../replies/writing/epoch-writer";
import { encodeForPeer, NOT_WRITER } from "../replies/writing/peer-client";

type LocalReplies = Pick<ReplyService, "epochOf" | "stopHere" | "process">;

/** Serves the replies that this process writes to the other backends; see `PeerClient`. */
export function servePeers<State>(
  router: Router<State>,
  replies: LocalReplies,
): void {
  const path = "/v1/held-replies/:process/:owner/:conversation/:number";
  router.get(path, (ctx) => {
    const epoch = replies.epochOf(toRef(replies, ctx.params));
    if (!epoch) throw notWriter();
    if (ctx.method === "HEAD") ctx.status = 204;
    else respondRecords(ctx, epoch);
  });
  router.post(`${path}/stop`, async (ctx) => {
    const ref = toRef(replies, ctx.params);
    if (!(await replies.stopHere(ref))) throw notWriter();
    ctx.status = 204;
  });
}

function respondRecords(ctx: ParameterizedContext, epoch: EpochWriter): void {
  const controller = new AbortController();
  const { signal } = controller;
  ctx.res.once("close", () => controller.abort());
  const from = parseOffset(String(ctx.query["offset"]));
  const batches =
    ctx.query["ahead"] === "true"
      ? epoch.followLive(from, signal)
      : epoch.followCommitted(from, signal);
  ctx.type = "application/x-ndjson";
  ctx.body = Readable.from(encode(batches), { objectMode: false });
}

async function* encode(batches: AsyncIterable<LogRecord[]>) {
  for await (const records of batches) {
    yield records.map(encodeForPeer).join("");
  }
}

/** @throws VisibleError (421) if the caller means a dead process that had this address. */
function toRef(
  replies: LocalReplies,
  params: Record<string, string | undefined>,
): ReplyRef {
  const { owner = "", conversation = "", number = "" } = params;
  if (params["process"] !== replies.process) throw notWriter();
  return { ownerHash: owner, conversation, number: Number(number) };
}

const notWriter = () =>
  new VisibleError(NOT_WRITER, "This process does not write that reply.");
