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
/** A minute is what is promised. */
const AWAY_SECONDS = settings.short ? 15 : 60;

afterAll(restore);

/** A visitor with a conversation that is finished. */
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

it("every conversation is there after the Deployments were deleted and applied again", async () => {
  const { visitor, address } = await withConversation(12);
  await kubectl("delete", "deployment", "web", "backend", "--wait=true");
  await restore();
  await finished(visitor, address, 12);
  expect(await visitor.read("/")).toContain(address);
});

describe("a volume that fills up", () => {
  afterEach(() => inNode(controlPlane, `rm -f ${SHARED}/filler`));

  it("keeps all that was said, refuses what it can't keep in words, and goes on when there is room", async () => {
    const { visitor, address } = await withConversation(15);
    await inNode(
      controlPlane,
      `for size in 64k 4k; do dd if=/dev/zero bs=$size >>${SHARED}/filler 2>/dev/null; sync; done; true`,
    );
    const answer = await visitor.post(`${address}/messages`, {
      message: "are you still there?",
    });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    // What was typed is not lost, and no fault is shown raw.
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

describe(`a volume that is taken away for ${AWAY_SECONDS} s`, () => {
  afterEach(() =>
    inNode(controlPlane, `fsfreeze -u ${SHARED} 2>/dev/null; true`),
  );

  it("loses nothing: a reply in progress is finished when it is back", async () => {
    const visitor = new HttpVisitor(settings.url);
    const address = await visitor.begin("count to 200");
    await eventually("the reply has begun", async () =>
      plain(await visitor.read(address)).includes("3, 4"),
    );
    await inNode(controlPlane, `fsfreeze -f ${SHARED}`);
    await wait(AWAY_SECONDS * 1_000); // what is tried is a time
    await inNode(controlPlane, `fsfreeze -u ${SHARED}`);
    await finished(visitor, address, 200);
    const client = new CountingClient(20);
    await client.converse();
    expectNothingLost(client.counts);
  });
});
