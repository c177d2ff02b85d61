import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { freePorts } from "../../../scripts/local/free-ports";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import { HttpVisitor } from "../../support/http-visitor";
import { makeHangingFile } from "../../support/hanging-file";
import { startProcess } from "../../support/processes";
import { temporaryFolders } from "../../support/temporary-folder";

/*
 * A process whose threads block in the kernel, as on a network file system without its server.
 */

/** Long enough for a start on a busy machine. */
const TIMEOUT_SECONDS = 2;

const temporaryFolder = temporaryFolders();
const children: ReturnType<typeof startProcess>[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.ended;
  }
});

async function startWeb(directory: string, timeoutSeconds: number) {
  const [metricsPort] = await freePorts(1);
  const main = path.join(__dirname, "../../../app/web/main.ts");
  const child = startProcess(main, [], {
    PORT: "0",
    METRICS_PORT: String(metricsPort),
    SESSION_DIRECTORY: path.join(directory, "sessions"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    BACKEND_URL: "http://127.0.0.1:9",
    STORAGE_TIMEOUT_SECONDS: String(timeoutSeconds),
    DRAIN_SECONDS: "0",
  });
  children.push(child);
  const port = await new Promise<number>((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += String(chunk);
      const told = /"port":(\d+),"msg":"listening"/.exec(output)?.[1];
      if (told) resolve(Number(told));
    });
    child.once("close", () => reject(new Error(output)));
  });
  return {
    child,
    address: `http://127.0.0.1:${port}`,
    metricsAddress: `http://127.0.0.1:${metricsPort}`,
  };
}

/** A process with the maximum number of threads blocked in a session. */
async function startHanging() {
  const directory = await temporaryFolder();
  await mkdir(path.join(directory, "secrets"));
  const before = await startWeb(directory, 60);
  const first = new HttpVisitor(before.address);
  // It fails for want of a backend, and its session is stored.
  await first.post("/session/model", { model: "eliza" });
  const hash = hashOf(first.cookies.get("keepsake") ?? "");
  const sessions = path.join(directory, "sessions");
  const version = path.join(sessions, hash.slice(0, 2), hash, "v1");
  await rm(version);
  makeHangingFile(version);

  // Another process, whose cache is empty.
  const hanging = await startWeb(directory, TIMEOUT_SECONDS);
  const visits = Array.from({ length: 6 }, async () => {
    const visitor = new HttpVisitor(hanging.address);
    for (const [name, value] of first.cookies) visitor.cookies.set(name, value);
    const answer = await visitor.get("/");
    return {
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
      page: await answer.text(),
    };
  });
  return { ...hanging, answers: await Promise.all(visits) };
}

test("answers in time, stays ready, reports the stall, and exits on SIGTERM", async () => {
  const { child, address, metricsAddress, answers } = await startHanging();
  for (const answer of answers) {
    expect(answer).toMatchObject({
      status: 503,
      retryAfter: "5",
      page: expect.stringContaining("storage does not answer"),
    });
  }
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${metricsAddress}/metrics`)).text();
  expect(metrics).toMatch(/^keepsake_storage_unavailable 1$/m);
  expect((await fetch(`${address}/livez`)).status).toBe(200);
  child.kill("SIGTERM");
  const { output } = await child.ended;
  expect(output).toContain("draining");
  expect(output).toContain("exiting with storage calls still pending");
});

test("exits at once on a second SIGTERM", async () => {
  const { child } = await startHanging();
  child.kill("SIGTERM");
  child.kill("SIGINT");
  const { output } = await child.ended;
  expect(output).toContain("exiting at once");
});
