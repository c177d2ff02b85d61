import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePorts } from "../local/free-ports";

export interface LiteLLM {
  /** Base URL of its OpenAI-compatible API. */
  baseUrl: string;
  stop(): Promise<void>;
}

/** The proxy's API key. */
export const key = "sk-check-openai";

/** The mocked model's reply. */
export const mocked =
  "Hello from an independent server. Zwölf große Boxkämpfer 🥊, and a few words more.";

const START_SECONDS = 120;

/**
 * Starts LiteLLM's proxy on a free port of loopback, with models that need no network.
 *
 * @param command Path of `litellm`.
 * @param upstream URL of a server whose streams it relays, for faults during a stream.
 */
export async function startLiteLLM(
  command: string,
  upstream: string,
): Promise<LiteLLM> {
  const folder = await mkdtemp(path.join(tmpdir(), "keepsake-litellm-"));
  const config = path.join(folder, "config.json");
  await writeFile(config, JSON.stringify(configuration(upstream)));
  const [port] = await freePorts(1);
  const child = spawn(
    command,
    ["--config", config, "--host", "127.0.0.1", "--port", String(port)],
    { env: environment(folder), stdio: ["ignore", "pipe", "pipe"] },
  );
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => output.push(String(data)));
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  const address = `http://127.0.0.1:${port}`;
  for (let second = 0; second < START_SECONDS; second++) {
    if (child.exitCode !== null) break;
    if (await answers(`${address}/health/liveliness`)) {
      return { baseUrl: `${address}/v1`, stop };
    }
    await setTimeout(1_000);
  }
  await stop();
  throw new Error(`LiteLLM did not start:\n${output.join("").slice(-3_000)}`);
}

const model = (name: string, more: Record<string, string>) => ({
  model_name: name,
  litellm_params: { model: `openai/${name}`, api_key: "none", ...more },
});

/** JSON, which LiteLLM reads as YAML. */
function configuration(upstream: string) {
  return {
    model_list: [
      model("mocked", { mock_response: mocked }),
      model("long", { mock_response: "word ".repeat(20_000) }),
      model("busy", { mock_response: "litellm.RateLimitError" }),
      model("full", { mock_response: "litellm.ContextWindowExceededError" }),
      model("faulty", { mock_response: "litellm.InternalServerError" }),
      model("thoughtful", { api_base: `${upstream}/thoughtful` }),
      model("breaking", { api_base: `${upstream}/breaking` }),
      model("endless", { api_base: `${upstream}/endless` }),
    ],
    litellm_settings: { num_retries: 0, telemetry: false },
    router_settings: { disable_cooldowns: true, num_retries: 0 },
    general_settings: { master_key: key },
  };
}

function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: home,
    NO_PROXY: "*",
    // Prevents a download of prices.
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
    LITELLM_TELEMETRY: "False",
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, "exit");
  child.kill("SIGTERM");
  const timer = global.setTimeout(() => child.kill("SIGKILL"), 10_000);
  await closed;
  clearTimeout(timer);
}
