import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Router } from "@koa/router";
import Koa from "koa";
import { Agent, request } from "undici";
import type { ReplyRef } from "../../../app/core/storage/layout/record-folders";
import { toVisibleError, VisibleError } from "../../../app/core/domain/errors";
import { ConnectionRegistry } from "../../../app/core/runtime/connection-registry";
import type { ReplyService } from "../../../app/backend/replies/reply-service";
import { createPeerClient } from "../../../app/backend/replies/writing/peer-client";
import { servePeers } from "../../../app/backend/routes/peers";
import { serveReplyStreams } from "../../../app/backend/routes/replies";
import type { StreamAnswer } from "../../../app/web/backend-client/transport";
import { type Directory, ref } from "./processes";
import type { ReplyModels } from "./scripted-models";

/** A backend process as the others see it: its replies, and an address. */
export interface ServedProcess {
  replies: ReplyService;
  streams: ConnectionRegistry;
  address: string;
  /** Bytes that wait in memory for readers. */
  unsentBytes(): number;
  /** The URL of a reply's stream. */
  url(of?: ReplyRef): string;
  /** Opens a stream for `followReply`. */
  open(query: string, signal: AbortSignal): Promise<StreamAnswer>;
  /** Breaks all connections, and takes no more. */
  kill(): Promise<void>;
}

export const TOKEN = "a token for these tests";

interface State {
  ownerHash: string;
}

export async function serveProcess(
  directory: Directory,
  models: ReplyModels,
  given: Parameters<Directory["process"]>[1] & { heartbeatMs?: number } = {},
): Promise<ServedProcess> {
  const app = new Koa<State>();
  // Connections break here on purpose.
  app.on("error", () => undefined);
  const server = createServer((incoming, outgoing) => {
    void app.callback()(incoming, outgoing);
  });
  const address = await listening(server);
  const leaseMs = given.leaseMs ?? 400;
  const peers = createPeerClient({
    token: () => Promise.resolve(TOKEN),
    silenceMs: leaseMs / 2,
  });
  const replies = directory.process(models, { ...given, peers, address });
  const streams = new ConnectionRegistry();
  app.use(routes(replies, streams, given.heartbeatMs));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  const agent = new Agent();
  const url = (of = ref) =>
    `${address}/v1/conversations/${of.conversation}/replies/${of.number}`;
  return {
    replies,
    streams,
    address,
    unsentBytes: () =>
      [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0),
    url,
    open: async (query, signal) => {
      const answer = await request(url() + query, {
        headers: { authorization: `Bearer ${TOKEN}` },
        dispatcher: agent,
        signal,
      });
      return { status: answer.statusCode, body: answer.body };
    },
    kill: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all([agent.destroy(), peers.close()]);
    },
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function routes(
  replies: ReplyService,
  streams: ConnectionRegistry,
  heartbeatMs?: number,
) {
  const router = new Router<State>();
  router.use(async (ctx, next) => {
    try {
      if (ctx.get("authorization") !== `Bearer ${TOKEN}`) {
        throw new VisibleError(401, "Who are you?");
      }
      ctx.state.ownerHash = ref.ownerHash;
      await next();
    } catch (error) {
      const { status, message } = toVisibleError(error);
      ctx.status = status;
      ctx.body = { detail: message };
    }
  });
  serveReplyStreams(router, {
    replies,
    streams,
    heartbeatMs,
    refOf: (ownerHash, conversation, number) =>
      Promise.resolve({ ownerHash, conversation, number }),
  });
  servePeers(router, replies);
  return router.routes();
}

/** Headers of an authorized request. */
export const credentials = { authorization: `Bearer ${TOKEN}` };
