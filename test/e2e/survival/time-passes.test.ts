import { readdir } from "node:fs/promises";
import { HttpVisitor } from "../../support/http-visitor";
import { KeepsakeProcesses } from "../../support/keepsake-processes";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("data that no session can reach is removed beside two web and two backend processes at work", async () => {
  const folder = await temporaryFolder();
  const idleDays = 4;
  const processes = new KeepsakeProcesses(folder, {
    SESSION_IDLE_SECONDS: String(idleDays * 86_400),
  });
  try {
    const addresses = await Promise.all([processes.start(), processes.start()]);
    const [ada, bob] = addresses.map((address) => new HttpVisitor(address));
    await ada!.begin("Only once");
    const path = await bob!.begin("Every third day");
    const owners = () =>
      readdir(`${folder}/records/owners`, { recursive: true }).then((names) =>
        names.filter((name) => /^..\/[0-9a-f]{64}$/.test(name)),
      );
    expect(await owners()).toHaveLength(2);
    const both = () =>
      Promise.all([processes.sweep("records"), processes.sweep("sessions")]);
    // The age of cached records does not follow the moved clock: a new search always reaches a backend.
    const visit = (day: number) => bob!.read(`/search?q=day${day}`);
    for (let day = 0; day <= 2 * idleDays + 7; day += 3) {
      const page = await waitFor(async () => {
        const answer = await bob!.get(path);
        return answer.status === 200 && (await answer.text());
      });
      expect(page).toContain("Every third day");
      await visit(day);
      for (const { code, errors } of await both()) {
        expect({ code, errors }).toEqual({ code: 0, errors: "" });
      }
      expect(await owners()).toHaveLength(2);
      await processes.pass(3 * DAY);
    }
    expect(await bob!.read(path)).toContain("Every third day");
    await both();
    await processes.pass(2 * HOUR);
    // Two at once.
    await Promise.all([both(), both()]);
    expect(await owners()).toHaveLength(1);
    expect(await bob!.read(path)).toContain("Every third day");
    expect(await ada!.read("/")).not.toContain("Only once");
  } finally {
    await processes.stop();
  }
});
