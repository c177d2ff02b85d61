import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { HttpVisitor } from "../../support/http-visitor";
import { KeepsakeProcesses } from "../../support/keepsake-processes";
import { startProcess } from "../../support/processes";
import { missing, Talker } from "../../support/talker";
import { temporaryFolders } from "../../support/temporary-folder";
import { expectEventually } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();
const run = promisify(execFile);
const VISITORS = 50;
const CHECK = path.join(__dirname, "../../../app/check-data/main.ts");

test.each([
  ["cp", (from: string, to: string) => ["cp", ["-r", from, to]] as const],
  [
    "tar",
    (from: string, to: string) =>
      [
        "sh",
        [
          "-c",
          `tar -C ${from} --hard-dereference -cf - . | tar -C ${to} -xf -`,
        ],
      ] as const,
  ],
])(
  "a copy by %s while 50 visitors talk has every message that was acknowledged before, and opens",
  async (_, command) => {
    const folder = await temporaryFolder();
    const before = new KeepsakeProcesses(folder);
    const talkers: Talker[] = [];
    const copy = path.join(await temporaryFolder(), "copy");
    let kept: Talker["acknowledged"][] = [];
    try {
      const addresses = [await before.start(), await before.start()];
      for (let n = 0; n < VISITORS; n++) {
        const address = addresses[n % 2] ?? "";
        talkers.push(new Talker(new HttpVisitor(address), n));
      }
      const talking = Promise.all(talkers.map((one) => one.talk()));
      await expectEventually(async () => {
        const least = Math.min(...talkers.map((t) => t.acknowledged.length));
        expect(least).toBeGreaterThanOrEqual(2);
      });
      kept = talkers.map(({ acknowledged }) => [...acknowledged]);
      const [program, args] = command(`${folder}/.`, copy);
      await mkdir(copy);
      // A file that is removed meanwhile makes either exit with 1.
      await run(program, [...args]).catch(() => undefined);
      for (const talker of talkers) talker.stop();
      await talking;
    } finally {
      await before.stop();
    }
    const repaired = await startProcess(CHECK, ["--repair", copy]).ended;
    expect({ ...repaired, output: "" }).toEqual({
      code: 0,
      errors: "",
      output: "",
    });
    const again = await startProcess(CHECK, [copy]).ended;
    expect(again).toMatchObject({ code: 0, errors: "" });

    const restored = new KeepsakeProcesses(copy);
    try {
      const address = await restored.start();
      for (const [n, messages] of kept.entries()) {
        const visitor = new HttpVisitor(address);
        for (const [name, value] of talkers[n]!.visitor.cookies) {
          visitor.cookies.set(name, value);
        }
        expect(await missing(visitor, messages)).toEqual([]);
      }
    } finally {
      await restored.stop();
    }
  },
);
