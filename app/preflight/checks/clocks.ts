import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fetch } from "undici";
import {
  type Check,
  ok,
  type Outcome,
  skipped,
  warning,
  failure,
} from "../check";
import { directoriesOf, inScratchFolder } from "../storage/directories";

/** A conversation's order on the page is by time: above this, people see it. */
const WARN_MS = 2_000;
/** Signed requests to AWS are refused at five minutes; a token's life may be shorter. */
const FAIL_MS = 60_000;

/** Another clock against ours: what it is ahead, give or take. */
interface Offset {
  of: string;
  aheadMs: number;
  uncertainMs: number;
}

/** Do this node, the file server and the backend agree on the time. */
export const clocks: Check = {
  name: "clocks",
  why: "Times order people's lists, end their sessions and sign requests to AWS. (No take-over depends on clocks.)",
  run: async ({ config, signal }) => {
    const offsets = [
      ...(await fileServers(directoriesOf(config))),
      ...(await backend(config.BACKEND_URL, signal)),
    ];
    if (offsets.length === 0)
      return skipped("There is no other clock to compare with here.");
    return offsets.map(judge);
  },
};

async function fileServers(
  directories: { setting: string; directory: string }[],
): Promise<Offset[]> {
  const offsets: Offset[] = [];
  for (const { setting, directory } of directories) {
    const offset = await inScratchFolder(directory, (folder) =>
      timed(`the file server of ${setting}`, 1, async () => {
        const file = path.join(folder, "clock");
        await writeFile(file, "now");
        return (await stat(file)).mtimeMs;
      }),
    ).catch(() => undefined); // whether it can be written to is another check's business
    if (offset) offsets.push(offset);
  }
  return offsets;
}

async function backend(
  url: string | undefined,
  signal: AbortSignal,
): Promise<Offset[]> {
  if (!url) return [];
  try {
    const offset = await timed("the backend's node", 1_000, async () => {
      const response = await fetch(new URL("/livez", url), { signal });
      await response.body?.cancel();
      return Date.parse(response.headers.get("date") ?? "");
    });
    return Number.isNaN(offset.aheadMs) ? [] : [offset];
  } catch {
    return []; // that it can't be reached is another check's business
  }
}

/** @param precisionMs What the other clock's reading is rounded down to. */
async function timed(
  of: string,
  precisionMs: number,
  read: () => Promise<number>,
): Promise<Offset> {
  const before = Date.now();
  const there = await read();
  const after = Date.now();
  return {
    of,
    aheadMs: there + precisionMs / 2 - (before + after) / 2,
    uncertainMs: (after - before + precisionMs) / 2,
  };
}

function judge({ of, aheadMs, uncertainMs }: Offset): Outcome {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const apart = Math.abs(aheadMs) - uncertainMs;
  if (apart <= WARN_MS)
    return ok(`This node and ${of} agree within ${seconds} s.`);
  const report = apart > FAIL_MS ? failure : warning;
  return report(
    `${of} is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} this node.`,
    "Let all nodes keep time by one source (chrony with 169.254.169.123 on AWS), and look at chronyc tracking on each.",
  );
}
