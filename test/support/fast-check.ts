import * as fc from "fast-check";

/*
 * Generated inputs are the same in each run, so that a change is never refused for what somebody
 * else's test came upon. `SEED=random` looks at others, best with more runs; a number repeats them.
 */
const { SEED = "1" } = process.env;
if (SEED !== "random") fc.configureGlobal({ seed: Number(SEED) });

/** How many inputs a long property tries: more of them in `scripts/test --all`. */
export const runs = (usual: number): number =>
  process.env.ALL_TESTS ? 5 * usual : usual;

export { fc };
