import type { ModelInfo, ModelProvider } from "../../app/backend/models/model";
import type { Api } from "../../app/web/backend-client/api";
import { connectApi } from "./connect-api";
import { MemoryDisk } from "./memory-disk";
import { modelEvents, type Script } from "./scripted-stream";
import { startBackend } from "./start-backend";

/** How a test controls the backend behind web. */
interface Controls {
  /** The output of the next replies, and of replies that are taken over. */
  script: (prompt: string) => Script;
  /** Thrown by every call, if set. */
  fault: Error | undefined;
  models: ModelInfo[];
  /**
   * Hands the unfinished replies over to another process, whose model continues the text or
   * starts again.
   */
  takeOver(way: "continue" | "restart"): Promise<void>;
  close(): Promise<void>;
}

export type ScriptedApi = Api & Controls;

const testModels: ModelInfo[] = ["one", "two"].map((name) => ({
  id: `eliza/${name}`,
  name: `Model ${name}`,
  provider: "eliza",
  description: `The model called ${name}.`,
  contextTokens: 1_000,
  maxReplyTokens: 100,
  continues: true,
  takes: { all: true },
}));

/**
 * A real backend on a disk in memory, with scripted models, behind a client that can fail.
 *
 * Cannot notice a change that is not counted: the client keeps no record (`api.test.ts` does). A fault
 * comes instead of the call, never after it took effect.
 */
export async function startScriptedBackend(): Promise<ScriptedApi> {
  const fileSystem = new MemoryDisk();
  const start = (continues: boolean) =>
    startBackend({
      directory: "/disk",
      fileSystem,
      providers: [scriptedProvider(controls, continues)],
      env: { SYSTEM_PROMPT: "" },
    });
  const controls: Controls = {
    script: (prompt) => [`You said: ${prompt}`],
    fault: undefined,
    models: testModels,
    takeOver: async (way) => {
      const before = backends.at(-1);
      backends.push(await start(way === "continue"));
      await before?.parts.replies.drain();
    },
    close: async () => {
      await client.close();
      await Promise.all(backends.map((backend) => backend.stop()));
    },
  };
  const backend = await start(true);
  const backends = [backend];
  const client = connectApi(backend.url, { recordAgeMs: 0 });
  const failing = failingClient(client, controls);
  return new Proxy(controls as ScriptedApi, {
    get: (target, name: keyof ScriptedApi) =>
      name in target ? target[name] : failing[name as keyof Api],
  });
}

function scriptedProvider(
  controls: Controls,
  continues: boolean,
): ModelProvider {
  return {
    name: "eliza",
    listModels: () =>
      Promise.resolve(
        controls.models.map((model) => ({ ...model, continues })),
      ),
    async *streamReply(messages) {
      const prompt = messages.findLast(({ role }) => role === "user");
      yield* modelEvents(controls.script(prompt?.text ?? ""));
    },
  };
}

/** The client, whose calls and streams throw the fault while there is one. */
function failingClient(client: Api, controls: Controls): Api {
  const check = () => {
    if (controls.fault) throw controls.fault;
  };
  const own: Partial<Api> = {
    noticeEnd: client.noticeEnd.bind(client),
    isReady: () => Promise.resolve(controls.fault === undefined),
    // Filtered here, because the backend caches its list.
    readOverview: async (...args) => {
      check();
      const ids = new Set(controls.models.map(({ id }) => id));
      const overview = await client.readOverview(...args);
      const models = overview.models.filter(({ id }) => ids.has(id));
      return { ...overview, models };
    },
    async *watchReply(...args) {
      for await (const event of client.watchReply(...args)) {
        check();
        yield event;
      }
    },
  };
  return new Proxy(client, {
    get(target, name: keyof Api) {
      // An absent `then`: promises look for one.
      if (own[name] || !(name in target)) return own[name];
      const method = target[name] as (...args: unknown[]) => unknown;
      return async (...args: unknown[]) => {
        check();
        return method.apply(target, args);
      };
    },
  });
}
