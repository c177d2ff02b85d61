import { logStart } from "../../../app/backend/replies/log/offset";
import { followLog } from "../../../app/backend/replies/reading/follow-log";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import {
  countCalls,
  type Counts,
  WRITING,
} from "../../../scripts/support/count-calls";
import { startBackend, type TestBackend } from "../../support/start-backend";

const OWNER = "a".repeat(64);
/** Temporary files are removed after the reply, without waiting. */
const LASTING = WRITING.filter((call) => call !== "unlink");

const counter = countCalls(nodeFileSystem);
let backend: TestBackend;

beforeEach(async () => {
  const { fileSystem } = counter;
  const env = { LEASE_SECONDS: "60" };
  backend = await startBackend({ fileSystem, env });
});
afterEach(() => backend.stop());

/** Asks, and watches the reply to its end. */
async function turn(conversation: string): Promise<void> {
  const text = "write 50 words, please";
  const { prompts } = backend.parts;
  const { number } = await prompts.send(OWNER, conversation, { text });
  await end(conversation, number);
}

async function end(conversation: string, prompt: number): Promise<void> {
  const ref = { ownerHash: OWNER, conversation, number: prompt + 1 };
  const { signal } = new AbortController();
  const source = backend.parts.replies.live(ref);
  for await (const records of followLog(source, logStart, signal)) {
    if (records.at(-1)?.line["kind"] === "end") return;
  }
}

const callsOf = ({ calls }: Counts): number =>
  [...LASTING, "list"].reduce((sum, call) => sum + (calls[call] ?? 0), 0);

/** The least of some turns: a slow one has time for a flush more, and now and then a log is folded. */
async function leastOf(conversation: string): Promise<Counts> {
  const each: Counts[] = [];
  for (let one = 0; one < 10; one++) {
    counter.take();
    await turn(conversation);
    each.push(counter.take());
  }
  return each.toSorted((a, b) => callsOf(a) - callsOf(b))[0]!;
}

it("writes as much for a reply in a long conversation as in a short one", async () => {
  const { conversation } = await backend.parts.prompts.createConversation(
    OWNER,
    {
      text: "Hello",
    },
  );
  await end(conversation.id, 1);
  const inShort = await leastOf(conversation.id);
  for (let more = 0; more < 60; more++) await turn(conversation.id);
  const inLong = await leastOf(conversation.id);
  expect(inShort.calls["write"]).toBeGreaterThan(3);
  for (const call of [...LASTING, "list"]) {
    expect([call, inLong.calls[call]]).toEqual([call, inShort.calls[call]]);
  }
  // The same words, under longer numbers.
  expect(inLong.written - inShort.written).toBeLessThan(100);
  expect(inLong.read).toBe(0);
});
