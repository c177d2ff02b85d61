import { Agent, request } from "undici";
import { z } from "zod";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { EpochHeader, LogRecord } from "../log/records";
import { parseOffset, formatOffset, type Offset } from "../log/offset";

/** The process at an epoch's address has died, or doesn't hold the reply: anyone may take over. */
export class PeerGoneError extends Error {
  override readonly name = "PeerGoneError";
}

/** Other backend processes, at the addresses that are in the headers of epochs. */
export interface Peers {
  /**
   * The lines after a place, live and as many as come together, from the process that holds a
   * reply. Ends when that process leaves it, or when the connection breaks or falls silent.
   *
   * @throws PeerGoneError
   */
  follow(
    epoch: EpochHeader,
    ref: ReplyRef,
    from: Offset,
    ahead: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void>;
  /**
   * Asks the holder to stop a reply.
   *
   * @returns Whether it did.
   * @throws PeerGoneError
   */
  stop(epoch: EpochHeader, ref: ReplyRef): Promise<boolean>;
  /** Whether the holder holds the reply still; `undefined` if it didn't say. */
  holds(epoch: EpochHeader, ref: ReplyRef): Promise<boolean | undefined>;
  close(): Promise<void>;
}

/** A line as one process sends it to another: a JSON line of its own. */
const SentLine = z.object({
  at: z.string(),
  line: z.record(z.string(), z.unknown()),
});

export const encodeForPeer = ({ line, at }: LogRecord): string =>
  `${JSON.stringify({ at: formatOffset(at), line })}\n`;

function decodeFromPeer(text: string): LogRecord {
  const { at, line } = SentLine.parse(JSON.parse(text));
  return { at: parseOffset(at), line };
}

/**
 * Where a process serves its peers; see `routes/held-replies.ts`. The process is named, so that
 * another one at the same address is not taken for it.
 */
function peerUrl(epoch: EpochHeader, ref: ReplyRef, rest = ""): string {
  const { ownerHash, conversation, number } = ref;
  const path = `/v1/held-replies/${epoch.process}/${ownerHash}/${conversation}/${number}`;
  return new URL(path + rest, epoch.holder).href;
}

/**
 * @param token The internal token, as it is now.
 * @param silenceMs How long a holder may say nothing (it gives signs of life more often than
 *   that) before it counts as unreachable.
 */
export function createPeers({
  token,
  silenceMs,
}: {
  token: () => Promise<string>;
  silenceMs: number;
}): Peers {
  const agent = new Agent({
    connect: { timeout: Math.min(1_000, silenceMs) },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    pipelining: 1,
    keepAliveTimeout: 4_000,
  });

  async function ask(
    method: "GET" | "HEAD" | "POST",
    url: string,
    signal?: AbortSignal,
  ) {
    const headers = {
      authorization: `Bearer ${await token()}`,
      "keepsake-owner": "backend",
    };
    try {
      return await request(url, { method, headers, dispatcher: agent, signal });
    } catch (error) {
      if (isRefused(error)) throw new PeerGoneError(url, { cause: error });
      throw error;
    }
  }

  /** @returns Whether the holder answered as one. */
  async function isHolder(
    method: "HEAD" | "POST",
    url: string,
  ): Promise<boolean | undefined> {
    const timeout = AbortSignal.timeout(silenceMs);
    const { statusCode, body } = await ask(method, url, timeout);
    await body.dump();
    if (statusCode === NOT_HELD) throw new PeerGoneError(url);
    return statusCode < 300 ? true : undefined;
  }

  return {
    async *follow(epoch, ref, from, ahead, signal) {
      const query = `?offset=${formatOffset(from)}&ahead=${String(ahead)}`;
      try {
        const url = peerUrl(epoch, ref, query);
        const { statusCode, body } = await ask("GET", url, signal);
        if (statusCode === NOT_HELD) {
          await body.dump();
          throw new PeerGoneError(url);
        }
        if (statusCode === 200) yield* sentLines(body);
        else await body.dump();
      } catch (error) {
        if (error instanceof PeerGoneError) throw error;
        // Whatever happened to the connection: what follows is in the file.
      }
    },
    stop: (epoch, ref) =>
      quietly(() => isHolder("POST", peerUrl(epoch, ref, "/stop")), false),
    holds: (epoch, ref) =>
      quietly(() => isHolder("HEAD", peerUrl(epoch, ref)), undefined).catch(
        () => false,
      ),
    close: () => agent.destroy(),
  };
}

/** 421 Misdirected Request: the answer of a process that doesn't hold the reply. */
export const NOT_HELD = 421;

async function quietly<T>(
  work: () => Promise<T | undefined>,
  otherwise: T,
): Promise<T> {
  try {
    return (await work()) ?? otherwise;
  } catch (error) {
    if (error instanceof PeerGoneError) throw error;
    return otherwise;
  }
}

async function* sentLines(
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

/** Nothing listens there: unlike a time-out, that is no question of patience. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && error.code === "ECONNREFUSED"
  );
}
