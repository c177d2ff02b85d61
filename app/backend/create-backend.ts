import type { BackendConfig } from "../core/config/config";
import { recordFoldersIn } from "../core/storage/layout/record-folders";
import {
  boundFileSystem,
  boundsFrom,
} from "../core/storage/bounded-file-system";
import { createStorageContext } from "../core/storage/storage-context";
import { type FileSystem, nodeFileSystem } from "../core/storage/file-system";
import { requireReadable } from "../core/storage/require-readable";
import { ConnectionRegistry } from "../core/runtime/connection-registry";
import type { Trust } from "../core/runtime/certificates";
import type { Logger } from "../core/runtime/log";
import type { Registry } from "../core/runtime/metrics";
import type { Tokens } from "../core/config/tokens";
import { createConversations } from "./conversations/create-conversations";
import { ModelTitles } from "./conversations/model-titles";
import { ConversationReplyRepository } from "./conversations/reply-repository";
import { Search } from "./conversations/search";
import { createRecords } from "./create-records";
import type { PdfReader } from "./files/pdf/read-pdf";
import { Uploads } from "./files/uploads";
import { Links } from "./links/links";
import { SharedPages } from "./links/shared-pages";
import { createImports } from "./imports/create-imports";
import { createModels } from "./models/create-models";
import { createProviders } from "./models/create-providers";
import type { ModelProvider } from "./models/model";
import { readModelSettings } from "./models/provider-settings";
import { OwnerEraser } from "./owners/owner-eraser";
import { Quotas } from "./owners/quotas";
import { Visits } from "./owners/visits";
import { ProjectPages } from "./projects/project-pages";
import { createReplyContext } from "./replies/reply-context";
import { ReplyService } from "./replies/reply-service";
import { createPeerClient } from "./replies/writing/peer-client";

export interface BackendDeps {
  config: BackendConfig;
  log: Logger;
  metrics: Registry;
  tokens: Tokens;
  /** Checks the certificates of other backends. */
  trust?: Trust;
  /** The URL at which other backends reach this process. */
  address: string;
  now?: () => Date;
  fileSystem?: FileSystem;
  /** Default: the providers that the settings name. */
  providers?: ModelProvider[];
  /** Reads the text of PDFs; default: in processes of their own. */
  pdfs?: Pick<PdfReader, "read">;
}

export function createBackend(deps: BackendDeps) {
  const { config, log, metrics, tokens, now = () => new Date() } = deps;
  const fileSystem = boundFileSystem(
    deps.fileSystem ?? nodeFileSystem,
    boundsFrom(config),
  );
  const files = createStorageContext({
    fileSystem,
    onDamage: (damage) => log.error({ damage }, "found a damaged file"),
  });
  const folders = recordFoldersIn(config.DATA_DIRECTORY);
  const stored = createRecords({ files, folders, now, pdfs: deps.pdfs });
  const { models, systemPrompt } = modelsOf(deps);
  const titles = new ModelTitles({ ...stored, models, log });
  const records = new ConversationReplyRepository({
    ...stored,
    models,
    systemPrompt,
    titles: config.MODEL_TITLES === "on" ? titles : undefined,
  });
  const leaseMs = config.LEASE_SECONDS * 1000;
  const peers = createPeerClient({
    token: async () => (await tokens.current())[0] ?? "",
    silenceMs: leaseMs,
    trust: deps.trust,
  });
  const context = createReplyContext({
    repository: records,
    models,
    peers,
    log,
    leaseMs,
    address: deps.address,
    fileSystem,
    indexFolder: folders.activeReplies,
    perOwner: config.REPLIES_PER_OWNER,
    perProcess: config.REPLIES_PER_PROCESS,
    metrics,
  });
  const replies = new ReplyService(context);
  const { projects, ownerIndex, ownerSettings, settings, fileStore } = stored;
  const links = new Links(stored);
  const quotas = new Quotas(
    ownerIndex,
    {
      conversations: config.CONVERSATIONS_PER_OWNER,
      bytes: config.MEGABYTES_PER_OWNER * 1024 ** 2,
    },
    metrics,
  );
  return {
    models,
    peers,
    records,
    titles,
    replies,
    ...createConversations({
      ...stored,
      models,
      replies,
      quotas,
      repository: records,
      restorableMs: config.DELETED_CONVERSATION_SECONDS * 1000,
    }),
    settings,
    ownerSettings,
    fileStore,
    uploads: new Uploads({ files: fileStore, quotas }),
    imports: createImports({ ...stored, models, quotas }),
    projects,
    projectPages: new ProjectPages(projects, ownerIndex),
    search: new Search(stored),
    quotas,
    links,
    sharedPages: new SharedPages({ ...stored, links }),
    eraser: new OwnerEraser({
      links,
      files,
      folders,
      replies,
      log,
      metrics,
      now,
    }),
    visits: new Visits({ fileSystem, folders, log, metrics, now }),
    log,
    metrics,
    tokens,
    streams: new ConnectionRegistry(),
    /** Rejects, in bounded time, with what to do if the records can't be read. */
    checkStorage: () =>
      requireReadable(fileSystem, "DATA_DIRECTORY", config.DATA_DIRECTORY),
  };
}

function modelsOf({ config, log, metrics, providers }: BackendDeps) {
  const settings = readModelSettings(config);
  const models = createModels({
    providers: providers ?? createProviders(settings),
    timeouts: settings.timeouts,
    metrics,
    log,
  });
  return { models, systemPrompt: settings.systemPrompt };
}
