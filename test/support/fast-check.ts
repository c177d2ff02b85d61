import * as fc from "fast-check";

/*
 * Generated inputs are the same in each run, so that a change never fails on inputs unrelated to it.
 * `SEED=random` generates others, best with more runs; a number repeats them.
 */
const { SEED = "1" } = process.env;
if (SEED !== "random") fc.configureGlobal({ seed: Number(SEED) });

/** Number of inputs of a long property: more in `scripts/test --all`. */
export const runs = (usual: number): number =>
  process.env.ALL_TESTS ? 5 * usual : usual;

export { fc };
