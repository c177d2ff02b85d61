import {
  type Change,
  type Kind,
  relations,
  type Relations,
} from "../../../app/web/backend-client/relations";
import { CacheModel, MAX_AGE_MS, OWNERS, PODS, type Step } from "./cache-model";
import { fc } from "../../support/fast-check";

/** `RUNS=20000` searches longer. */
const RUNS = Number(process.env.RUNS ?? 300);

const changes: Change[] = [
  "message",
  "conversation",
  "project",
  "settings",
  "everything",
];
const kinds: Kind[] = [
  "conversation",
  "conversations",
  "project",
  "projects",
  "search",
  "settings",
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

/** A sequence that random steps seldom produce: read, change, read again. */
const turn: fc.Arbitrary<Step[]> = fc
  .record({ first: begin, again: begin, read, change, isSaved: fc.boolean() })
  .map(({ first, again, read: wanted, change: made, isSaved }) => {
    const one = { slot: first.slot, session: first.session };
    const seen: Step = { ...wanted, ...one, isSlow: false };
    const changed: Step = { ...made, ...one };
    const saved: Step = { kind: "save", ...one };
    const within = [first, seen, changed, seen];
    const over = [first, seen, changed, saved, { ...again, ...one }, seen];
    return isSaved ? over : within;
  });

const story = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: step.map((one) => [one]) },
      { weight: 1, arbitrary: turn },
    ),
    { minLength: 20, maxLength: 120 },
  )
  .map((parts) => parts.flat());

const property = (declared: Relations) =>
  fc.asyncProperty(story, (steps) => new CacheModel(declared).run(steps));

const without = (what: Change, kind: Kind): Relations => ({
  ...relations,
  [what]: relations[what].filter((affected) => affected !== kind),
});

const planted = changes.flatMap((what) =>
  relations[what].map((kind) => [what, kind] as const),
);

test("serves no stale record across pods, sessions and owners", async () => {
  const found = await fc.check(property(relations), { numRuns: RUNS });
  expect(fc.defaultReportMessage(found)).toBeUndefined();
});

test.each(planted)(
  "fails if the effect of a changed %s on the kind %s is removed",
  async (what, kind) => {
    const found = await fc.check(property(without(what, kind)), {
      numRuns: 5_000,
      endOnFailure: true,
    });
    expect(found.failed).toBe(true);
  },
);
