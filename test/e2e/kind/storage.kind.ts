import { setTimeout as wait } from "node:timers/promises";
import { HttpVisitor } from "../../support/http-visitor";
import {
  controlPlane,
  eventually,
  inNode,
  kubectl,
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
    const answer = await visitor.post(`${address}/messages`, {
      message: "are you still there?",
    });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    // The draft is kept, and no stack trace is shown.
    const page = await answer.text();
    expect(page).toContain("are you still there?");
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

/** Pods that get requests, of all pods. */
const readyPods = (name: string) =>
  kubectl(
    "get",
    "deployment",
    name,
    "-o",
    "jsonpath={.status.readyReplicas} of {.status.replicas}",
  );

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
    await inNode(controlPlane, `fsfreeze -f ${SHARED}`);
    const ended = Date.now() + AWAY_SECONDS * 1_000; // the duration is under test
    // A form that has to be saved: reads of a frozen file system succeed.
    const refused = await visitor.post(`${address}/messages`, {
      message: "are you still there?",
    });
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(await refused.text()).toContain("are you still there?");
    while (Date.now() < ended) {
      for (const name of ["web", "backend"]) {
        expect(await readyPods(name)).toMatch(/^(\d+) of \1$/);
      }
      await wait(1_000);
    }
    await inNode(controlPlane, `fsfreeze -u ${SHARED}`);
    await finished(visitor, address, 200);
    const client = new CountingClient(20);
    await client.converse();
    expectNothingLost(client.counts);
  });
});
