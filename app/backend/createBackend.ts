import type { BackendConfig } from "../shared/config";
import { recordFoldersIn } from "../shared/disk/recordFolders";
import { boundFileSystem, boundsFrom } from "../shared/files/boundedFileSystem";
import { createFiles } from "../shared/files/Files";
import { type FileSystem, nodeFileSystem } from "../shared/files/FileSystem";
import { requireReadable } from "../shared/files/requireReadable";
import { LiveStreams } from "../shared/LiveStreams";
import type { Logger } from "../shared/log";
import type { Registry } from "../shared/metrics";
import type { Tokens } from "../shared/Tokens";
import { createConversations } from "./conversations/createConversations";
import { RecordsOfReplies } from "./conversations/RecordsOfReplies";
import { Search } from "./conversations/Search";
import { createRecords } from "./createRecords";
import { createModels } from "./models/createModels";
import { createProviders } from "./models/createProviders";
import { readModelSettings } from "./models/modelSettings";
import { ProjectPages } from "./projects/ProjectPages";
import { createReplies } from "./replies/createReplies";
import { createPeers } from "./replies/Peers";

export interface BackendGiven {
  config: BackendConfig;
  log: Logger;
  metrics: Registry;
  tokens: Tokens;
  /** Where other backends reach this process. */
  address: string;
  now?: () => Date;
  fileSystem?: FileSystem;
}

/** All parts of the backend, put together. */
export function createBackend(given: BackendGiven) {
  const { config, log, metrics, tokens, now = () => new Date() } = given;
  const fileSystem = boundFileSystem(
    given.fileSystem ?? nodeFileSystem,
    boundsFrom(config),
  );
  const files = createFiles({
    fileSystem,
    onDamage: (damage) => log.error({ damage }, "a file is damaged"),
  });
  const folders = recordFoldersIn(config.DATA_DIRECTORY);
  const stored = createRecords({ files, folders, now });
  const { models, systemPrompt } = modelsOf(given);
  const records = new RecordsOfReplies({ ...stored, models, systemPrompt });
  const leaseMs = config.LEASE_SECONDS * 1000;
  const peers = createPeers({
    token: async () => (await tokens.current())[0] ?? "",
    silenceMs: leaseMs,
  });
  const replies = createReplies({
    records,
    models,
    peers,
    log,
    leaseMs,
    address: given.address,
    fileSystem,
    inProgressFolder: folders.inProgress,
    perOwner: config.REPLIES_PER_OWNER,
    perProcess: config.REPLIES_PER_PROCESS,
    metrics,
  });
  const { projects, activity } = stored;
  return {
    models,
    peers,
    records,
    replies,
    ...createConversations({ ...stored, models, replies, records }),
    projects,
    projectPages: new ProjectPages(projects, activity),
    search: new Search(stored),
    log,
    metrics,
    tokens,
    streams: new LiveStreams(),
    /** Whether records can be read now. @throws Error saying what to do, in bounded time. */
    checkStorage: () =>
      requireReadable(fileSystem, "DATA_DIRECTORY", config.DATA_DIRECTORY),
  };
}

function modelsOf({ config, log, metrics }: BackendGiven) {
  const settings = readModelSettings(config);
  const models = createModels({
    providers: createProviders(settings),
    timeouts: settings.timeouts,
    metrics,
    log,
  });
  return { models, systemPrompt: settings.systemPrompt };
}
