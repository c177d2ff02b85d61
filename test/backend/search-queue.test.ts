import { setImmediate as turn } from "node:timers/promises";
import { SearchQueue } from "../../app/backend/conversations/search-queue";

const statusOf = (searching: Promise<void>) =>
  Promise.race([
    searching.catch(({ status }) => status as number),
    turn("waits"),
  ]);

const never = () => new AbortController().signal;

/** A queue whose searches run until the test ends them; lists the owners of the running ones. */
function begin() {
  const queue = new SearchQueue();
  const running: string[] = [];
  const ends: (() => void)[] = [];
  return {
    running,
    search: (owner: string, signal = never(), client?: string) =>
      queue.run({ owner, client }, signal, async () => {
        running.push(owner);
        await new Promise<void>((resolve) => ends.push(resolve));
      }),
    endOldest: async () => {
      ends.shift()?.();
      await turn();
    },
  };
}

it("runs one search of an owner at a time, and lets others pass", async () => {
  const { running, search, endOldest } = begin();
  const searches = ["ada", "ada", "ada", "grace", "linus"].map((owner) =>
    search(owner),
  );
  await turn();
  expect(running).toEqual(["ada", "grace"]);
  await endOldest();
  // Linus had no turn yet.
  expect(running).toEqual(["ada", "grace", "linus"]);
  await endOldest();
  expect(running).toEqual(["ada", "grace", "linus", "ada"]);
  for (const _ of searches) await endOldest();
  await Promise.all(searches);
  expect(running).toHaveLength(5);
});

it("refuses a flood of one owner with 429, and of many owners with 503", async () => {
  const { search } = begin();
  const statuses = (owners: string[]) =>
    Promise.all(
      owners.map((owner) =>
        Promise.race([
          search(owner).catch(({ status }) => status as number),
          turn("waits"),
        ]),
      ),
    );
  const flood = await statuses(Array<string>(20).fill("ada"));
  expect(flood.filter((status) => status === "waits")).toHaveLength(4);
  expect(flood.filter((status) => status === 429)).toHaveLength(16);
  const many = await statuses(Array.from({ length: 200 }, (_, i) => `o-${i}`));
  // Two of them got places that the flood had to give up.
  expect(many.filter((status) => status === 503)).toHaveLength(100);
});

it("drops a waiting search whose caller has gone, and one that fails frees its place", async () => {
  const { running, search, endOldest } = begin();
  const first = search("ada");
  const gone = new AbortController();
  const second = search("ada", gone.signal);
  const third = search("ada");
  gone.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  await endOldest();
  await first;
  expect(running).toEqual(["ada", "ada"]);
  await endOldest();
  await third;
  const queue = new SearchQueue();
  await expect(
    queue.run({ owner: "ada" }, never(), () =>
      Promise.reject(new Error("broken")),
    ),
  ).rejects.toThrow("broken");
  expect(await queue.run({ owner: "ada" }, never(), async () => "found")).toBe(
    "found",
  );
});

it("lets an honest client pass after one search of a client with many owners", async () => {
  const { running, search, endOldest } = begin();
  const flood = Array.from({ length: 20 }, (_, n) =>
    search(`flood-${n}`, never(), "one address"),
  );
  const honest = search("grace", never(), "another address");
  await turn();
  expect(running).toEqual(["flood-0", "flood-1"]);
  await endOldest();
  expect(running.at(-1)).toBe("grace");
  for (const _ of flood) await endOldest();
  await endOldest();
  await Promise.all([honest, ...flood]);
});

it("gives a waiting place of the client with the most to one with fewer", async () => {
  const { search } = begin();
  const flood = Array.from({ length: 102 }, (_, n) =>
    search(`flood-${n}`, never(), "one address"),
  );
  const late = search("flood-late", never(), "one address");
  expect(await statusOf(late)).toBe(503);
  const honest = search("grace", never(), "another address");
  expect(await statusOf(honest)).toBe("waits");
  const statuses = await Promise.all(flood.map(statusOf));
  expect(statuses.indexOf(503)).toBe(101);
  expect(statuses.filter((status) => status === 503)).toHaveLength(1);
});

it("serves ten honest clients beside one that asks without pause", async () => {
  const { running, search, endOldest } = begin();
  const started: Promise<unknown>[] = [];
  const flood = () => {
    for (let n = 0; n < 40; n++) {
      const asked = search(`flood-${n}`, never(), "one address");
      started.push(asked.catch(() => undefined));
    }
  };
  flood();
  const honest = Array.from({ length: 10 }, (_, n) => search(`h-${n}`));
  for (let n = 0; n < 25; n++) {
    flood();
    await endOldest();
  }
  // Each of them had its turn, after at most two searches of the flood for each one.
  await Promise.all(honest);
  expect(running.filter((owner) => owner.startsWith("h-"))).toHaveLength(10);
});
