import type { LookupAddress } from "node:dns";
import * as dns from "node:dns/promises";
import {
  HostAddresses,
  hostResolver,
  type Resolution,
} from "../../../app/web/backend-client/transport/host-addresses";

jest.mock("node:dns/promises", () => ({
  ...jest.requireActual<typeof dns>("node:dns/promises"),
  lookup: jest.fn(),
}));
const lookup = jest.mocked(dns.lookup);

beforeEach(() => {
  lookup.mockReset();
  const found = { address: "10.0.0.9", family: 4 };
  lookup.mockResolvedValue([found, found] as never);
});

/** A resolver that knows the addresses of some absolute names. */
function resolverOf(records: Record<string, LookupAddress[]>) {
  const asked: string[] = [];
  const find = (family: number) => (name: string) => {
    asked.push(name);
    const found = (records[name] ?? []).filter(
      (each) => each.family === family,
    );
    return found.length > 0
      ? Promise.resolve(found.map(({ address }) => ({ address, ttl: family })))
      : Promise.reject(new Error(`no record of ${name}`));
  };
  const resolver = { resolve4: find(4), resolve6: find(6) };
  return { asked, resolve: hostResolver(resolver as unknown as dns.Resolver) };
}

describe("a host's name", () => {
  const known = {
    "backend.svc.": [
      { address: "10.0.0.1", family: 4 },
      { address: "fd00::1", family: 6 },
    ],
  };

  it.each(["backend.svc", "backend.svc."])(
    "is resolved as absolute, with the shortest time to live: %s",
    async (name) => {
      const { resolve, asked } = resolverOf(known);
      expect(await resolve(name)).toEqual({
        addresses: ["10.0.0.1", "fd00::1"],
        ttlMs: 4_000,
      });
      expect(new Set(asked)).toEqual(new Set(["backend.svc."]));
      expect(lookup).not.toHaveBeenCalled();
    },
  );

  it("is left to the system if DNS has no address for it", async () => {
    const { resolve } = resolverOf(known);
    expect((await resolve("other.svc")).addresses).toEqual(["10.0.0.9"]);
    expect(lookup).toHaveBeenCalledWith("other.svc.", { all: true });
  });

  it("is left to the system if it has no dot", async () => {
    const { resolve, asked } = resolverOf(known);
    expect((await resolve("localhost")).addresses).toEqual(["10.0.0.9"]);
    expect(asked).toEqual([]);
  });
});

const answerWith = (address: string, ttlMs: number) => () =>
  Promise.resolve({ addresses: [address], ttlMs });
const is = (address: string, family = 4) => [{ address, family }];

describe("known addresses", () => {
  let now: number;
  let answers: (() => Promise<Resolution>)[];
  let queries: number;
  let errors: unknown[];

  const setUp = () => {
    [now, answers, queries, errors] = [0, [], 0, []];
    const addresses = new HostAddresses({
      now: () => now,
      onError: (error) => errors.push(error),
      resolve: () => {
        queries += 1;
        const answer = answers.shift();
        return answer ? answer() : Promise.reject(new Error("no answer"));
      },
    });
    const ask = () =>
      new Promise<unknown>((resolve, reject) => {
        addresses.lookup("backend.", { all: true }, (error, found) => {
          if (error) reject(error);
          else resolve(found);
        });
      });
    return { addresses, ask };
  };
  it("are used until they expire, and one look-up asks for new ones", async () => {
    const { ask } = setUp();
    answers = [answerWith("10.0.0.1", 5_000), answerWith("fd00::2", 5_000)];
    expect(await Promise.all([ask(), ask()])).toEqual([
      is("10.0.0.1"),
      is("10.0.0.1"),
    ]);
    expect(queries).toBe(1);
    now = 4_999;
    await ask();
    expect(queries).toBe(1);
    now = 5_000;
    // The call does not wait for DNS.
    expect(await ask()).toEqual(is("10.0.0.1"));
    expect(queries).toBe(2);
    expect(await ask()).toEqual(is("fd00::2", 6));
  });

  it("are used for a minute while DNS does not answer, and the error is reported", async () => {
    const { ask } = setUp();
    answers = [answerWith("10.0.0.1", 5_000)];
    await ask();
    now = 64_999;
    expect(await ask()).toEqual(is("10.0.0.1"));
    expect(errors).toHaveLength(1);
    now = 65_000;
    await expect(ask()).rejects.toThrow("no answer");
  });

  it("are asked for again when a process does not answer, once a second", async () => {
    const { ask, addresses } = setUp();
    answers = [answerWith("10.0.0.1", 60_000), answerWith("10.0.0.2", 60_000)];
    await ask();
    now = 999;
    addresses.expire();
    await ask();
    expect(queries).toBe(1);
    now = 1_000;
    addresses.expire();
    await ask();
    expect(queries).toBe(2);
  });

  it("are none for a name without an address", async () => {
    const { ask } = setUp();
    answers = [() => Promise.resolve({ addresses: [], ttlMs: 1_000 })];
    await expect(ask()).rejects.toThrow("backend. has no address");
  });
});
