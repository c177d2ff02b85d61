import { Agent, request } from "undici";
import { z } from "zod";
import type { Trust } from "../../../core/runtime/certificates";
import { trustingConnector } from "../../../core/runtime/trusting-connector";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { formatOffset, parseOffset, type Offset } from "../log/offset";
import type { EpochHeader, LogRecord } from "../log/records";

/** The writer has died, or the process at its address does not write the reply: any process may take over. */
export class PeerGoneError extends Error {
  override readonly name = "PeerGoneError";
}

/** Calls other backends, at the addresses in the headers of epochs. */
export interface PeerClient {
  /**
   * The records after an offset, in batches as they come, with those that are not committed. Ends
   * when the writer closes the epoch, or when the connection breaks or falls silent.
   *
   * @throws PeerGoneError
   */
  followLive(
    epoch: EpochHeader,
    ref: ReplyRef,
    from: Offset,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void>;
  /** Like {@link followLive}, committed records only. */
  followCommitted: PeerClient["followLive"];
  /**
   * Asks the writer to stop a reply.
   *
   * @returns True if it did.
   * @throws PeerGoneError
   */
  stop(epoch: EpochHeader, ref: ReplyRef): Promise<boolean>;
  /** Asks a process if it writes the reply; `undefined` if it does not answer. */
  isWriting(epoch: EpochHeader, ref: ReplyRef): Promise<boolean | undefined>;
  close(): Promise<void>;
}

/** 421 Misdirected Request: the response of a process that does not write the reply. */
export const NOT_WRITER = 421;

/** A record on the wire, one a line. */
const SentRecord = z.object({
  at: z.string(),
  line: z.record(z.string(), z.unknown()),
});

export const encodeForPeer = ({ line, offset }: LogRecord): string =>
  `${JSON.stringify({ at: formatOffset(offset), line })}\n`;

function decodeFromPeer(text: string): LogRecord {
  const { at, line } = SentRecord.parse(JSON.parse(text));
  return { offset: parseOffset(at), line };
}

/** See `routes/peers.ts`. Names the process, which may have another at its address now. */
function peerUrl(epoch: EpochHeader, ref: ReplyRef, rest = ""): string {
  const { ownerHash, conversation, number } = ref;
  const path = `/v1/held-replies/${epoch.process}/${ownerHash}/${conversation}/${number}`;
  return new URL(path + rest, epoch.holder).href;
}

/**
 * @param token Returns the current internal token.
 * @param silenceMs A writer that sends nothing for so long, not even a heartbeat, counts as
 *   unreachable.
 */
export function createPeerClient({
  token,
  silenceMs,
  trust,
}: {
  token: () => Promise<string>;
  silenceMs: number;
  trust?: Trust | undefined;
}): PeerClient {
  const agent = new Agent({
    connect: trustingConnector({ timeout: Math.min(1_000, silenceMs) }, trust),
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    pipelining: 1,
    keepAliveTimeout: 4_000,
  });

  /** @throws PeerGoneError if nothing listens there: unlike a time-out, that is a sure sign. */
  async function send(
    method: "GET" | "HEAD" | "POST",
    url: string,
    signal: AbortSignal,
  ) {
    const headers = {
      authorization: `Bearer ${await token()}`,
      "keepsake-owner": "backend",
    };
    try {
      const options = { method, headers, dispatcher: agent, signal };
      const response = await request(url, options);
      if (response.statusCode !== NOT_WRITER) return response;
      await response.body.dump();
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    throw new PeerGoneError(url);
  }

  /** @returns `undefined` if the peer does not answer. */
  async function ask(
    method: "HEAD" | "POST",
    url: string,
  ): Promise<true | undefined> {
    try {
      const timeout = AbortSignal.timeout(silenceMs);
      const { statusCode, body } = await send(method, url, timeout);
      await body.dump();
      return statusCode < 300 ? true : undefined;
    } catch (error) {
      if (error instanceof PeerGoneError) throw error;
      return undefined;
    }
  }

  async function* follow(url: string, signal: AbortSignal) {
    try {
      const { statusCode, body } = await send("GET", url, signal);
      if (statusCode === 200) yield* sentRecords(body);
      else await body.dump();
    } catch (error) {
      if (error instanceof PeerGoneError) throw error;
      // A broken connection loses nothing: the rest is in the file.
    }
  }

  return {
    followLive: (epoch, ref, from, signal) => {
      const query = `?offset=${formatOffset(from)}&ahead=true`;
      return follow(peerUrl(epoch, ref, query), signal);
    },
    followCommitted: (epoch, ref, from, signal) => {
      const query = `?offset=${formatOffset(from)}&ahead=false`;
      return follow(peerUrl(epoch, ref, query), signal);
    },
    stop: async (epoch, ref) =>
      (await ask("POST", peerUrl(epoch, ref, "/stop"))) ?? false,
    isWriting: (epoch, ref) =>
      ask("HEAD", peerUrl(epoch, ref)).catch(() => false),
    close: () => agent.destroy(),
  };
}

async function* sentRecords(
  body: AsyncIterable<Buffer>,
): AsyncGenerator<LogRecord[], void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines.map(decodeFromPeer);
  }
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && error.code === "ECONNREFUSED"
  );
}
