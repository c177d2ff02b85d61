import { setImmediate as turn } from "node:timers/promises";
import { SearchQueue } from "../../app/backend/conversations/search-queue";

const never = () => new AbortController().signal;

/** A queue whose searches run until the test ends them; lists the owners of the running ones. */
function begin() {
  const queue = new SearchQueue();
  const running: string[] = [];
  const ends: (() => void)[] = [];
  return {
    running,
    search: (owner: string, signal = never()) =>
      queue.run(owner, signal, async () => {
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
  expect(running).toEqual(["ada", "grace", "ada"]);
  await endOldest();
  expect(running).toEqual(["ada", "grace", "ada", "linus"]);
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
  expect(many.filter((status) => status === 503)).toHaveLength(102);
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
    queue.run("ada", never(), () => Promise.reject(new Error("broken"))),
  ).rejects.toThrow("broken");
  expect(await queue.run("ada", never(), async () => "found")).toBe("found");
});
