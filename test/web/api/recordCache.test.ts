import * as fc from "fast-check";
import {
  type Change,
  type Kind,
  relations,
  type Relations,
} from "../../../app/web/api/relations";
import { CacheModel, MAX_AGE_MS, OWNERS, PODS, type Step } from "./cacheModel";

/** `RUNS=20000` looks longer. */
const RUNS = Number(process.env.RUNS ?? 300);

const changes: Change[] = ["message", "conversation", "project"];
const kinds: Kind[] = [
  "conversation",
  "conversations",
  "project",
  "projects",
  "search",
];

const slot = fc.nat(2);
const id = fc.nat(1);
const begin = fc.record({
  kind: fc.constant("begin" as const),
  slot,
  session: fc.nat(OWNERS.length - 1),
  pod: fc.nat(PODS - 1),
});
const read = fc.record({
  kind: fc.constant("read" as const),
  slot,
  record: fc.constantFrom(...kinds),
  id,
  isSlow: fc.boolean(),
});
const change = fc.record({
  kind: fc.constant("change" as const),
  slot,
  what: fc.constantFrom(...changes),
  id,
  to: fc.nat(5),
});
const save = fc.record({ kind: fc.constant("save" as const), slot });
const land = fc.constant({ kind: "land" as const });
const wait = fc.record({
  kind: fc.constant("wait" as const),
  ms: fc.nat(2 * MAX_AGE_MS),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: begin },
  { weight: 6, arbitrary: read },
  { weight: 4, arbitrary: change },
  { weight: 2, arbitrary: land },
  { weight: 3, arbitrary: save },
  { weight: 1, arbitrary: wait },
);

const property = (declared: Relations) =>
  fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) =>
    new CacheModel(declared).run(steps),
  );

const without = (what: Change, kind: Kind): Relations => ({
  ...relations,
  [what]: relations[what].filter((affected) => affected !== kind),
});

const planted = changes.flatMap((what) =>
  relations[what].map((kind) => [what, kind] as const),
);

test("over pods, sessions and owners, no answer is one that the relations forbid", async () => {
  const found = await fc.check(property(relations), { numRuns: RUNS });
  expect(fc.defaultReportMessage(found)).toBeUndefined();
});

test.each(planted)(
  "that a change of a %s affects the kind %s can't be forgotten without being found",
  async (what, kind) => {
    const found = await fc.check(property(without(what, kind)), {
      numRuns: 5_000,
      endOnFailure: true,
    });
    expect(found.failed).toBe(true);
  },
);
