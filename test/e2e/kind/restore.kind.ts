import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { HttpVisitor } from "../../support/http-visitor";
import { missing, Talker } from "../../support/talker";
import { temporaryFolders } from "../../support/temporary-folder";
import {
  controlPlane,
  eventually,
  inNode,
  kubectl,
  restore,
  settings,
} from "./support/cluster";

const temporaryFolder = temporaryFolders();
const run = promisify(execFile);
const SHARED = "/var/lib/keepsake";
const CHECK = path.join(__dirname, "../../../build/bin/check-data");
const VISITORS = 50;
const STATE = ["sessions", "records"];

afterAll(restore);

/** Copies the state as a backup does. A file that is removed meanwhile makes `tar` exit with 1. */
const copyTo = (folder: string) =>
  inShell(
    `"${settings.tool}" exec ${controlPlane} tar -C ${SHARED} --hard-dereference -cf - ${STATE.join(" ")} | tar -C "${folder}" -xf -`,
  );

const inShell = (command: string) => run("sh", ["-c", command]);

/** All but Traefik, which on AWS is not in the cluster. */
const KEEPSAKE =
  "app.kubernetes.io/name=keepsake,app.kubernetes.io/component!=ingress";

/** A sweep that has ended, as there is one on each cluster that is a day old. */
async function sweepOnce(): Promise<void> {
  await kubectl("delete", "job", "ended-sweep", "--ignore-not-found");
  await kubectl("create", "job", "--from=cronjob/sweep-records", "ended-sweep");
  const complete = ["--for=condition=Complete", "--timeout=120s"];
  await kubectl("wait", "job/ended-sweep", ...complete);
}

/** Step 4 of docs/backup.md: no process of Keepsake is left, and no claim. */
async function stopKeepsake(): Promise<void> {
  await kubectl("delete", "hpa,deployment,cronjob,job", "-l", KEEPSAKE);
  const gone = ["--for=delete", "--timeout=5m"];
  await kubectl("wait", "pod", "-l", KEEPSAKE, ...gone);
  await kubectl("delete", "pvc", ...STATE, "--timeout=1m");
  await kubectl("delete", "pv", ...STATE.map((name) => `keepsake-${name}`));
}

it("a copy taken while 50 visitors talk is restored with every message that was acknowledged before", async () => {
  const talkers = Array.from(
    { length: VISITORS },
    (_, name) => new Talker(new HttpVisitor(settings.url), name),
  );
  const copy = await temporaryFolder();
  const talking = Promise.all(talkers.map((one) => one.talk()));
  let before: Talker["acknowledged"][];
  try {
    await eventually(
      "each visitor has two acknowledged messages",
      async () => talkers.every(({ acknowledged }) => acknowledged.length >= 2),
      240,
    );
    before = talkers.map(({ acknowledged }) => [...acknowledged]);
    await copyTo(copy);
  } finally {
    for (const talker of talkers) talker.stop();
  }
  await talking;
  const after = talkers.flatMap(({ acknowledged }) => acknowledged);
  await sweepOnce();
  await stopKeepsake();
  await run(CHECK, ["--repair", copy]);
  for (const name of STATE) {
    await inNode(controlPlane, `find ${SHARED}/${name} -mindepth 1 -delete`);
  }
  await inShell(
    `tar -C "${copy}" -cf - ${STATE.join(" ")} | "${settings.tool}" exec -i ${controlPlane} tar -C ${SHARED} -xf -`,
  );
  await restore();

  // One after another: the replies that the copy cut are written again, on small pods.
  for (const [index, { visitor }] of talkers.entries()) {
    let lost: string[] = [];
    await eventually(`visitor ${index} finds everything again`, async () => {
      lost = await missing(visitor, before[index]!);
      return lost.length === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${lost.join(", ")}`);
    });
  }
  console.error(
    `restored: ${before.flat().length} messages were acknowledged before the copy, ${after.length} in all`,
  );
});
