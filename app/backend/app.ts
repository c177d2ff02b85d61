import { Router } from "@koa/router";
import Koa, { type Middleware } from "koa";
import type { Registry } from "prom-client";
import type { ConnectionRegistry } from "../core/runtime/connection-registry";
import type { Logger } from "../core/runtime/log";
import type { Tokens } from "../core/config/tokens";
import type { BackendState } from "./backend-state";
import type { ConversationPages } from "./conversations/conversation-pages";
import type { Bin } from "./conversations/bin";
import type { Conversations } from "./conversations/conversations";
import type { Forks } from "./conversations/forks";
import type { ConversationSettings } from "./conversations/conversation-settings";
import type { Search } from "./conversations/search";
import type { PromptService } from "./conversations/prompts";
import type { QueueService } from "./conversations/queue-service";
import { answerProblems } from "./middleware/answer-problems";
import { authenticate } from "./middleware/authenticate";
import { keepDeadlines } from "./middleware/keep-deadlines";
import { recordVisits } from "./middleware/record-visits";
import { observeRequests } from "./middleware/observe-requests";
import type { FileStore } from "./files/file-store";
import type { Uploads } from "./files/uploads";
import type { Imports } from "./imports/imports";
import type { Models } from "./models/create-models";
import type { OwnerEraser } from "./owners/owner-eraser";
import type { OwnerSettings } from "./owners/owner-settings";
import type { Quotas } from "./owners/quotas";
import type { Visits } from "./owners/visits";
import type { ProjectPages } from "./projects/project-pages";
import type { Projects } from "./projects/projects";
import type { ReplyService } from "./replies/reply-service";
import { serveBin } from "./routes/bin";
import {
  serveConversations,
  serveQueue,
  serveReplyActions,
} from "./routes/conversations";
import { type LinkRoutesDeps, serveLinks } from "./routes/links";
import { serveFiles } from "./routes/files";
import { serveImports } from "./routes/imports";
import { servePeers } from "./routes/peers";
import { serveOpenApi } from "./routes/openapi";
import { serveOwner } from "./routes/owner";
import { serveOverview } from "./routes/overview";
import { type Probes, serveProbes } from "./routes/probes";
import { serveSettings } from "./routes/settings";
import { serveReplyStreams } from "./routes/replies";
import { serveProjects } from "./routes/projects";

export interface BackendAppDeps extends LinkRoutesDeps {
  log: Logger;
  metrics: Registry;
  tokens: Tokens;
  probes: Probes;
  conversations: Conversations;
  bin: Bin;
  conversationPages: ConversationPages;
  prompts: PromptService;
  forks: Forks;
  settings: ConversationSettings;
  ownerSettings: OwnerSettings;
  fileStore: FileStore;
  uploads: Uploads;
  imports: Imports;
  queue: QueueService;
  replies: ReplyService;
  /** The event streams, which a drain closes. */
  streams: ConnectionRegistry;
  projects: Projects;
  projectPages: ProjectPages;
  models: Models;
  search: Search;
  quotas: Quotas;
  eraser: OwnerEraser;
  visits: Visits;
}

/** The internal API: its middleware, in order. */
export function createBackendApp(deps: BackendAppDeps): Koa<BackendState> {
  const { log, metrics } = deps;
  const app = new Koa<BackendState>();
  // Only a connection that breaks during a response: the middleware answers all other errors.
  app.on("error", (error: unknown) =>
    log.info({ error }, "connection closed early"),
  );
  app.use(serveProbes(deps.probes));
  app.use(observeRequests(log, metrics));
  app.use(answerProblems());
  app.use(nameProcess(deps.replies.process));
  app.use(serveOpenApi());
  app.use(authenticate(deps.tokens));
  app.use(keepDeadlines());
  app.use(recordVisits(deps.visits));
  const router = routes(deps);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/** Lets the web process tell the processes behind one address apart. */
function nameProcess(process: string): Middleware {
  return async (ctx, next) => {
    ctx.set("keepsake-process", process);
    await next();
  };
}

function routes(deps: BackendAppDeps) {
  const router = new Router<BackendState>();
  serveOverview(router, deps);
  serveOwner(router, deps.eraser);
  serveConversations(router, deps);
  serveBin(router, deps.bin);
  serveQueue(router, deps);
  serveReplyActions(router, deps);
  serveReplyStreams(router, {
    replies: deps.replies,
    streams: deps.streams,
    refOf: (ownerHash, id, number) =>
      deps.prompts.replyRef(ownerHash, id, number),
  });
  serveFiles(router, deps);
  serveLinks(router, deps);
  serveImports(router, deps.imports);
  servePeers(router, deps.replies);
  serveSettings(router, deps.ownerSettings);
  serveProjects(router, deps.projects, deps.projectPages);
  return router;
}
