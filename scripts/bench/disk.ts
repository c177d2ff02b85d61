import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBackend } from "../../app/backend/create-backend";
import { logStart } from "../../app/backend/replies/log/offset";
import { followLog } from "../../app/backend/replies/reading/follow-log";
import { readBackendConfig } from "../../app/core/config/config";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { createLog } from "../../app/core/runtime/log";
import { Registry } from "../../app/core/runtime/metrics";
import { fixedTokens } from "../../app/core/config/tokens";
import { countCalls, type Counts, WRITING } from "../support/count-calls";
import { quantile } from "./support";

const OWNER = "0".repeat(64);
const MEASURED = 9;
const PROMPT = "write 100 words, please";

type Backend = ReturnType<typeof createBackend>;

/**
 * Prints the median number of storage calls for a prompt and its reply of 100 words in a second, by the
 * conversation's length in turns.
 */
export async function disk(lengths: number[]): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-disk-"));
  const counter = countCalls(nodeFileSystem);
  const quick = backendIn(directory, "0");
  const counted = backendIn(directory, "10", counter.fileSystem);
  try {
    const id = await firstTurn(quick);
    let turns = 1;
    for (const length of lengths) {
      for (; turns < length; turns++) await turn(quick, id);
      // Not measured: the first turn reads the other process's entries.
      await turn(counted, id);
      const each: Counts[] = [];
      for (let measured = 0; measured < MEASURED; measured++) {
        await backgroundWork();
        counter.take();
        await turn(counted, id);
        await backgroundWork();
        each.push(counter.take());
      }
      turns += 1 + MEASURED;
      console.log(lineOf(length, each));
    }
  } finally {
    await Promise.all([quick, counted].map(({ replies }) => replies.drain()));
    await rm(directory, { recursive: true });
  }
}

function backendIn(
  directory: string,
  delayMs: string,
  fileSystem = nodeFileSystem,
): Backend {
  return createBackend({
    config: readBackendConfig({
      DATA_DIRECTORY: directory,
      SECRETS_DIRECTORY: path.join(directory, "secrets"),
      ELIZA_DELAY_MS: delayMs,
    }),
    log: createLog("warn", {}),
    metrics: new Registry(),
    tokens: fixedTokens("a-token-for-this-run-alone"),
    address: "http://127.0.0.1:1",
    fileSystem,
  });
}

async function firstTurn(backend: Backend): Promise<string> {
  const { conversation } = await backend.prompts.createConversation(OWNER, {
    text: PROMPT,
  });
  await wholeReply(backend, conversation.id, 1);
  return conversation.id;
}

async function turn(backend: Backend, id: string): Promise<void> {
  const { number } = await backend.prompts.send(OWNER, id, {
    text: PROMPT,
  });
  await wholeReply(backend, id, number);
}

/** Watches the reply to a prompt to its end. */
async function wholeReply(
  { replies }: Backend,
  conversation: string,
  prompt: number,
): Promise<void> {
  const ref = { ownerHash: OWNER, conversation, number: prompt + 1 };
  const { signal } = new AbortController();
  for await (const records of followLog(replies.live(ref), logStart, signal)) {
    if (records.at(-1)?.line["kind"] === "end") return;
  }
}

/** Time for storage calls that no request waits for. */
const backgroundWork = () => sleep(200);

function lineOf(length: number, each: Counts[]): string {
  const median = (of: (counts: Counts) => number) =>
    Math.round(quantile(each.map(of), 0.5));
  const names = [...new Set(each.flatMap(({ calls }) => Object.keys(calls)))];
  const listed = (wanted: string[]) =>
    wanted
      .map((name) => ({ name, times: median(({ calls }) => calls[name] ?? 0) }))
      .filter(({ times }) => times > 0)
      .map(({ name, times }) => `${name} ${times}`)
      .join(", ");
  const reading = names.filter((name) => !WRITING.includes(name));
  return [
    `a reply after ${length} turns:`,
    `  writes ${median(({ written }) => written)} bytes: ${listed(WRITING)}`,
    `  reads ${median(({ read }) => read)} bytes: ${listed(reading)}`,
  ].join("\n");
}
