import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Visitor } from "../bench/support";

interface Traced {
  call: "flush" | "backend call";
  /** Innermost first. */
  files: string[];
}

/** Where a version of Keepsake has the program that runs web and backend. */
const RUNNERS = [
  "build/scripts/local/run-both.js",
  "build/scripts/support/runBoth.js",
];

/**
 * The files that a posted message passes through, from web's route to the flush that makes it
 * durable: those on the call stacks of web's call and of the backend's flush of the prompt.
 *
 * @param root A checkout that is built.
 * @returns Paths without extension, in the order of the calls.
 */
export async function filesToFlush(root: string): Promise<string[]> {
  const runner = RUNNERS.find((file) => existsSync(path.join(root, file)));
  if (!runner) throw new Error(`${root} is not built: npm run build`);
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-trace-"));
  const output = path.join(directory, "calls");
  const hook = path.join(__dirname, "trace-calls.js");
  const both = spawn(process.execPath, [path.join(root, runner)], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: "0",
      METRICS_PORT: "0",
      LOG_LEVEL: "warn",
      NODE_OPTIONS: `--require ${hook}`,
      NODE_PATH: path.join(root, "node_modules"),
      TRACE_CALLS_OUTPUT: output,
    },
  });
  try {
    const visitor = new Visitor(await addressOf(both.stdout));
    const conversation = await visitor.post("/conversations", {
      message: "1",
    });
    await visitor.follow(conversation, 2);
    await writeFile(output, "");
    await visitor.post(`${conversation}/messages`, { message: "2" });
    const calls = (await readFile(output, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Traced);
    return ownFiles(calls);
  } finally {
    both.kill("SIGTERM");
    await new Promise((resolve) => both.once("exit", resolve));
    await rm(directory, { recursive: true, force: true });
  }
}

function ownFiles(calls: Traced[]): string[] {
  const web = calls.find(
    ({ call, files }) => call === "backend call" && files.some(isRoute),
  );
  const backend = calls.find(
    ({ call, files }) =>
      call === "flush" && files.some(isMessageLog) && files.some(isRoute),
  );
  if (!web || !backend) throw new Error("the calls of a message were not seen");
  return [...new Set([...outermostFirst(web), ...outermostFirst(backend)])];
}

const isRoute = (file: string) => /\/routes\//.test(file);
const isMessageLog = (file: string) => /\/message-?log$/i.test(file);

/** From the route inwards: middleware, which every request passes, is left out. */
function outermostFirst({ files }: Traced): string[] {
  const end = files.findIndex((file) => /\/middleware\//.test(file));
  return files.slice(0, end === -1 ? undefined : end).toReversed();
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of output) {
    text += String(chunk);
    const [, address] = /ready at (http\S+?)[.\s]/.exec(text) ?? [];
    if (address) return address;
  }
  throw new Error(`Keepsake did not start: ${text}`);
}
