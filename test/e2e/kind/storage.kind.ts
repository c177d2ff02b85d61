import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../../../app/preflight/message-of";
import { HttpVisitor } from "../../support/http-visitor";
import {
  controlPlane,
  eventually,
  inNode,
  kubectl,
  podsOf,
  restore,
  settings,
} from "./support/cluster";
import {
  CountingClient,
  expectNothingLost,
  numbersTo,
  plain,
} from "./support/counting-client";

const SHARED = "/var/lib/keepsake";
/** The promise is a minute. */
const AWAY_SECONDS = settings.short ? 15 : 60;
const WITNESSES = 10;

afterAll(restore);

/** A visitor with a finished conversation. */
async function withConversation(to: number) {
  const visitor = new HttpVisitor(settings.url);
  const address = await visitor.begin(`count to ${to}`);
  await finished(visitor, address, to);
  return { visitor, address };
}

const finished = (visitor: HttpVisitor, address: string, to: number) =>
  eventually(`the reply of ${address} is whole`, async () =>
    plain(await visitor.read(address)).includes(numbersTo(to)),
  );

it("conversations survive the deletion of both Deployments", async () => {
  const { visitor, address } = await withConversation(12);
  await kubectl("delete", "deployment", "web", "backend", "--wait=true");
  await restore();
  await finished(visitor, address, 12);
  expect(await visitor.read("/")).toContain(address);
});

describe("a full volume", () => {
  afterEach(() => inNode(controlPlane, `rm -f ${SHARED}/filler`));

  it("a full volume keeps saved messages, refuses new ones with a sentence, and accepts them once it has space", async () => {
    const { visitor, address } = await withConversation(15);
    await inNode(
      controlPlane,
      `for size in 64k 4k; do dd if=/dev/zero bs=$size >>${SHARED}/filler 2>/dev/null; sync; done; true`,
    );
    // Longer than the few blocks that other files leave when they are removed.
    const message = `are you still there? ${"x".repeat(100_000)}`;
    const answer = await visitor.post(`${address}/messages`, { message });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    // The draft is kept, and no stack trace is shown.
    const page = await answer.text();
    expect(page).toContain(message);
    expect(page).not.toContain("ENOSPC");
    await inNode(controlPlane, `rm -f ${SHARED}/filler`);
    await finished(visitor, address, 15);
    await eventually("there is room again", async () => {
      const again = await visitor.post(`${address}/messages`, {
        message: "count to 4",
      });
      return again.status === 303;
    });
    await finished(visitor, address, 4);
  });
});

/** The pods of web and backend that get requests. */
async function readyPods(): Promise<string[]> {
  const pods = [...(await podsOf("web")), ...(await podsOf("backend"))];
  return pods
    .filter(({ ready, ending }) => ready && !ending)
    .map(({ name }) => name);
}

/** Visits while the volume hangs: pages, and messages that can't be saved. */
class Witness {
  readonly visitor = new HttpVisitor(settings.url);
  readonly seen: { what: string; status: number; ms: number }[] = [];
  /** Answers that are no page of Keepsake's, or lose what was typed. */
  readonly wrong: string[] = [];
  address = "";
  #stopped = false;

  async begin(): Promise<void> {
    this.address = await this.visitor.begin("count to 3");
    await finished(this.visitor, this.address, 3);
  }

  stop(): void {
    this.#stopped = true;
  }

  async visit(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn += 1) {
      const message = `Are you still there, for the time ${turn}?`;
      await this.#look("page", "", () => this.visitor.get(this.address));
      await this.#look("message", message, () =>
        this.visitor.post(`${this.address}/messages`, { message }),
      );
    }
  }

  async #look(what: string, draft: string, ask: () => Promise<Response>) {
    const began = performance.now();
    try {
      const answer = await ask();
      const text = await answer.text();
      const { status } = answer;
      this.seen.push({ what, status, ms: performance.now() - began });
      const isPage = text.includes("<h1") && text.includes(draft);
      if (status >= 500 && !isPage) {
        this.wrong.push(`${status} ${what}: ${plain(text).slice(0, 200)}`);
      }
    } catch (error) {
      this.wrong.push(`${what}: ${messageOf(error)}`);
    }
  }
}

/** Answers by kind and status, such as `page 200: 12`, and the slowest of all. */
function summary(witnesses: Witness[]): string {
  const all = witnesses.flatMap(({ seen }) => seen);
  const counts = new Map<string, number>();
  for (const { what, status } of all) {
    const key = `${what} ${status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const slowest = Math.max(...all.map(({ ms }) => ms));
  const each = [...counts].map(([key, count]) => `${key}: ${count}`);
  return `${each.join(", ")}; slowest ${(slowest / 1000).toFixed(1)} s`;
}

describe(`a volume that hangs for ${AWAY_SECONDS} s`, () => {
  afterEach(() =>
    inNode(controlPlane, `fsfreeze -u ${SHARED} 2>/dev/null; true`),
  );

  it("pods stay ready while their volume hangs, visitors get a page, and a reply in progress finishes afterwards", async () => {
    const visitor = new HttpVisitor(settings.url);
    const address = await visitor.begin("count to 200");
    await eventually("the reply has begun", async () =>
      plain(await visitor.read(address)).includes("3, 4"),
    );
    const witnesses = Array.from({ length: WITNESSES }, () => new Witness());
    await Promise.all(witnesses.map((one) => one.begin()));
    const before = await readyPods();
    await inNode(controlPlane, `fsfreeze -f ${SHARED}`);
    const visits = Promise.all(witnesses.map((one) => one.visit()));
    const ended = Date.now() + AWAY_SECONDS * 1_000; // the duration is under test
    // A form that has to be saved: reads of a frozen file system succeed.
    const refused = await visitor.post(`${address}/messages`, {
      message: "are you still there?",
    });
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(await refused.text()).toContain("are you still there?");
    const unready = new Set<string>();
    while (Date.now() < ended) {
      const now = await readyPods();
      for (const name of before) if (!now.includes(name)) unready.add(name);
      await wait(1_000);
    }
    for (const one of witnesses) one.stop();
    console.error(
      `while the volume hung for ${AWAY_SECONDS} s: ${summary(witnesses)}; ` +
        `${before.length - unready.size} of ${before.length} pods stayed ready`,
    );
    await inNode(controlPlane, `fsfreeze -u ${SHARED}`);
    await visits;
    expect([...unready]).toEqual([]);
    expect(witnesses.flatMap((one) => one.wrong)).toEqual([]);
    for (const { visitor: witness, address: theirs } of witnesses) {
      await finished(witness, theirs, 3);
    }
    await finished(visitor, address, 200);
    const client = new CountingClient(20);
    await client.converse();
    expectNothingLost(client.counts);
  });
});
