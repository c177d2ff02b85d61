import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { HttpVisitor } from "../../support/http-visitor";
import { KeepsakeProcesses } from "../../support/keepsake-processes";
import { startProcess } from "../../support/processes";
import { temporaryFolders } from "../../support/temporary-folder";
import { expectEventually } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();
const run = promisify(execFile);
const VISITORS = 50;
const CHECK = path.join(__dirname, "../../../app/check-data/main.ts");

/** A visitor who talks until told to stop, and remembers what was acknowledged. */
class Talker {
  readonly acknowledged: { conversation: string; text: string }[] = [];
  private isStopped = false;

  constructor(
    readonly visitor: HttpVisitor,
    private readonly name: number,
  ) {}

  stop(): void {
    this.isStopped = true;
  }

  async talk(): Promise<void> {
    for (let n = 0; !this.isStopped; n++) {
      const text = `Message ${this.name}-${n}.`;
      const last = this.acknowledged.at(-1)?.conversation;
      const address =
        last && n % 5 !== 0 ? `${last}/messages` : "/conversations";
      const answer = await this.visitor.post(address, { message: text });
      await answer.text();
      // A reply may still be written.
      if (answer.status !== 303) continue;
      const conversation = answer.headers.get("location") ?? "";
      this.acknowledged.push({ conversation, text });
    }
  }
}

test.each([
  ["cp", (from: string, to: string) => ["cp", ["-r", from, to]] as const],
  [
    "tar",
    (from: string, to: string) =>
      ["sh", ["-c", `tar -C ${from} -cf - . | tar -C ${to} -xf -`]] as const,
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
        const conversations = new Set(messages.map((m) => m.conversation));
        for (const conversation of conversations) {
          const answer = await visitor.get(conversation);
          expect(answer.status).toBe(200);
          const page = await answer.text();
          const texts = messages
            .filter((m) => m.conversation === conversation)
            .map(({ text }) => text);
          for (const text of texts) expect(page).toContain(text);
        }
        const list = await visitor.read("/conversations");
        for (const [, listed] of list.matchAll(
          /href="(\/conversations\/[a-z2-7]{26})"/g,
        )) {
          expect((await visitor.get(listed!)).status).toBe(200);
        }
      }
    } finally {
      await restored.stop();
    }
  },
);
