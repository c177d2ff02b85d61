import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fetch } from "undici";
import { backendDispatcher } from "../backend-dispatcher";
import {
  type Check,
  ok,
  type Outcome,
  type Settings,
  skipped,
  warning,
  failure,
} from "../check";
import { directoriesOf, inScratchFolder } from "../storage/directories";

/** Lists are ordered by time; users notice a larger difference. */
const WARN_MS = 2_000;
/** AWS rejects signed requests at five minutes; some tokens expire sooner. */
const FAIL_MS = 60_000;

/** The difference of another clock to this one. */
interface Offset {
  of: string;
  aheadMs: number;
  uncertainMs: number;
}

/** Checks that this node, the file server and the backend agree on the time. */
export const clocks: Check = {
  name: "clocks",
  why: "Times order lists, expire sessions and sign requests to AWS. (No takeover depends on clocks.)",
  run: async ({ config, signal }) => {
    const offsets = [
      ...(await fileServers(directoriesOf(config))),
      ...(await backend(config, signal)),
    ];
    if (offsets.length === 0)
      return skipped("There is no other clock to compare with.");
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
    ).catch(() => undefined); // another check reports an unwritable directory
    if (offset) offsets.push(offset);
  }
  return offsets;
}

async function backend(
  config: Settings,
  signal: AbortSignal,
): Promise<Offset[]> {
  const { BACKEND_URL: url } = config;
  if (!url) return [];
  try {
    const offset = await timed("the backend's node", 1_000, async () => {
      const response = await fetch(new URL("/livez", url), {
        dispatcher: await backendDispatcher(config),
        signal,
      });
      await response.body?.cancel();
      return Date.parse(response.headers.get("date") ?? "");
    });
    return Number.isNaN(offset.aheadMs) ? [] : [offset];
  } catch {
    return []; // another check reports an unreachable backend
  }
}

/** @param precisionMs The unit to which the other clock's value is rounded down. */
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
    "Synchronize all nodes with one time source (chrony with 169.254.169.123 on AWS), and check chronyc tracking on each.",
  );
}
