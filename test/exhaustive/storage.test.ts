import { explore, type Program, type Scenario } from "./explorer";
import path from "node:path";
import { AppendLog } from "../../app/core/storage/append-log";
import { createExclusively } from "../../app/core/storage/exclusive-file";
import type { FileSystem } from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { VersionedDocument } from "../../app/core/storage/versioned-document";

// A writer that lost against another waits a random time before it tries again.
jest.mock("node:timers/promises", () => ({
  ...jest.requireActual<object>("node:timers/promises"),
  setTimeout: () => Promise.resolve(),
}));

const instant = { monotonic: 0, wall: 0 };
const storageOn = (fileSystem: FileSystem) => ({
  ...createStorageContext({ fileSystem }),
  now: () => instant,
});

const logOn = (disk: FileSystem, parent = "/") =>
  new AppendLog(storageOn(disk), path.join(parent, "log"));

const documentOn = (disk: FileSystem, parent = "/") =>
  new VersionedDocument(storageOn(disk), path.join(parent, "document"));

/** A folder whose name, and its parent's, a process may remember as missing. */
const DEEP = "/owners/owner";

/** Appends until every writer's entry has a number of its own. */
function appendScenario(
  writers: string[],
  options: { retransmissions?: number; cuts?: boolean } = {},
): Scenario {
  return {
    retransmissions: options.retransmissions,
    create: () => {
      const acknowledged = new Map<number, string>();
      const append =
        (name: string): Program =>
        async (disk) => {
          const log = logOn(disk);
          await log.createFolder();
          const number = await log.append({ name });
          if (acknowledged.has(number)) {
            throw new Error(`two writers have entry ${number}`);
          }
          acknowledged.set(number, name);
        };
      const check = async (disk: FileSystem) => {
        const entries = (await logOn(disk).listIfExists())
          ? await logOn(disk).readRange(1, 100)
          : [];
        for (const [number, name] of acknowledged) {
          const entry = entries.find((each) => each.number === number);
          if (entry?.["name"] !== name) {
            throw new Error(`the acknowledged entry ${number} was lost`);
          }
        }
        const names = entries.map((entry) => entry["name"]);
        if (new Set(names).size < names.length) {
          throw new Error("an entry is there twice");
        }
      };
      return {
        programs: writers.map(append),
        check,
        ...(options.cuts && { checkAfterPowerCut: check }),
      };
    },
  };
}

/** A process that creates, and one that looks twice: it must find what was acknowledged before. */
function earlyReader(
  create: Program,
  find: (disk: FileSystem) => Promise<unknown>,
): Scenario {
  return {
    staleNames: true,
    create: () => {
      let isCreated = false;
      const looks: boolean[] = [];
      const creator: Program = async (disk) => {
        await create(disk);
        isCreated = true;
      };
      const reader: Program = async (disk) => {
        while (looks.length < 2) {
          const mustExist = isCreated;
          looks.push(mustExist);
          const found = await find(disk);
          if (mustExist && !found) throw new Error("it was not found");
        }
      };
      return {
        programs: [creator, reader],
        observed: () => looks.join(),
        check: () => Promise.resolve(),
      };
    },
  };
}

it.each<[string, Scenario]>([
  [
    "a versioned document",
    earlyReader(
      (disk) => documentOn(disk, DEEP).create({ created: true }),
      (disk) => documentOn(disk, DEEP).read(),
    ),
  ],
  [
    "a rare versioned document",
    earlyReader(
      (disk) => documentOn(disk, DEEP).create({ created: true }),
      (disk) => documentOn(disk, DEEP).readRare(),
    ),
  ],
  [
    "an append log",
    earlyReader(
      async (disk) => {
        await logOn(disk, DEEP).createFolder();
        await logOn(disk, DEEP).append({ name: "a" });
      },
      async (disk) => (await logOn(disk, DEEP).listIfExists())?.last,
    ),
  ],
  [
    "a rare append log",
    earlyReader(
      async (disk) => {
        await logOn(disk, DEEP).createFolder();
        await logOn(disk, DEEP).append({ name: "a" });
      },
      async (disk) => (await logOn(disk, DEEP).listRare())?.last,
    ),
  ],
])(
  "shows %s to a process that remembers its name as missing",
  async (_, each) => {
    const explored = await explore(each);
    console.info(`${explored.states} states, ${explored.runs} runs`);
    expect(explored.states).toBeGreaterThan(20);
  },
);

describe("an append log", () => {
  it.each<[string, Scenario]>([
    ["two writers", appendScenario(["a", "b"])],
    ["three writers", appendScenario(["a", "b", "c"])],
    [
      "a network that sends calls again",
      appendScenario(["a", "b"], { retransmissions: 2 }),
    ],
    ["a power cut after any call", appendScenario(["a", "b"], { cuts: true })],
  ])(
    "loses and doubles no entry in any interleaving of %s",
    async (_, each) => {
      const explored = await explore(each);
      console.info(`${explored.states} states, ${explored.runs} runs`);
      expect(explored.states).toBeGreaterThan(20);
    },
  );
});

/** One process publishes a file as an entry, while another writes the same entry under the same number. */
function publishScenario(options: {
  retransmissions?: number;
  cuts?: boolean;
}): Scenario {
  const token = "a-token-of-the-end";
  const line = `${JSON.stringify({ name: "reply", number: 1, token })}\n`;
  return {
    ...options,
    create: () => {
      const saved: string[] = [];
      const publish: Program = async (disk) => {
        const isOurs = await logOn(disk).linkAt(1, "/end", { line, token });
        if (isOurs) saved.push("link");
      };
      const write: Program = async (disk) => {
        if (await logOn(disk).createAt(1, { name: "reply" }))
          saved.push("copy");
      };
      const check = async (disk: FileSystem) => {
        const entries = await logOn(disk).readRange(1, 100);
        const isThere = entries.length === 1 && entries[0]?.name === "reply";
        if (saved.length > 0 && !isThere) throw new Error("it was lost");
        if (saved.length > 1 && !options.retransmissions) {
          throw new Error("two processes saved it");
        }
      };
      return {
        prepare: async (disk) => {
          await logOn(disk).createFolder();
          await createExclusively(disk, "/", "end", Buffer.from(line));
        },
        programs: [publish, write],
        check,
        ...(options.cuts && { checkAfterPowerCut: check }),
      };
    },
  };
}

describe("a file that is published as an entry", () => {
  it.each([
    ["another process that writes the entry", {}],
    ["a network that sends calls again", { retransmissions: 2 }],
    ["a power cut after any call", { cuts: true }],
  ])("is read whole and once in any interleaving of %s", async (_, options) => {
    const explored = await explore(publishScenario(options));
    console.info(`${explored.states} states, ${explored.runs} runs`);
    expect(explored.states).toBeGreaterThan(5);
  });
});

describe("a versioned document", () => {
  interface World {
    acknowledged: Set<string>;
    isEnded: boolean;
  }

  const update =
    (world: World, name: string): Program =>
    async (disk) => {
      const saved = await documentOn(disk).update((data) => ({
        ...data,
        [name]: true,
      }));
      if (saved && !saved.isTombstone) world.acknowledged.add(name);
    };

  const end =
    (world: World): Program =>
    async (disk) => {
      if (await documentOn(disk).delete()) world.isEnded = true;
    };

  function scenario(
    programs: (world: World) => Program[],
    options: { retransmissions?: number; cuts?: boolean } = {},
  ): Scenario {
    return {
      retransmissions: options.retransmissions,
      create: () => {
        const world: World = { acknowledged: new Set(), isEnded: false };
        const check = async (disk: FileSystem) => {
          const newest = await documentOn(disk).read();
          if (world.isEnded && newest && !newest.isTombstone) {
            throw new Error("a document came back after its tombstone");
          }
          if (!newest || newest.isTombstone) return;
          for (const name of world.acknowledged) {
            if (newest.data[name] !== true) {
              throw new Error(`the acknowledged change ${name} was lost`);
            }
          }
        };
        return {
          prepare: async (disk) => {
            await documentOn(disk).create({ created: true });
            world.acknowledged.add("created");
          },
          programs: programs(world),
          check,
          ...(options.cuts && { checkAfterPowerCut: check }),
        };
      },
    };
  }

  it.each<[string, Scenario]>([
    [
      "two writers",
      scenario((world) => [update(world, "a"), update(world, "b")]),
    ],
    [
      "three writers",
      scenario((world) => [
        update(world, "a"),
        update(world, "b"),
        update(world, "c"),
      ]),
    ],
    [
      "two processes that end it beside a writer",
      scenario((world) => [update(world, "a"), end(world), end(world)]),
    ],
    [
      "a writer beside the end",
      scenario((world) => [update(world, "a"), end(world)]),
    ],
    [
      "a network that sends calls again",
      scenario((world) => [update(world, "a"), update(world, "b")], {
        retransmissions: 1,
      }),
    ],
    [
      "a power cut after any call",
      scenario((world) => [update(world, "a"), end(world)], { cuts: true }),
    ],
  ])(
    "loses no acknowledged version in any interleaving of %s",
    async (_, each) => {
      const explored = await explore(each);
      console.info(`${explored.states} states, ${explored.runs} runs`);
      expect(explored.states).toBeGreaterThan(20);
    },
  );
});
