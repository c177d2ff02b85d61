import { parseArgs } from "node:util";
import { Coverage } from "./coverage";
import { fuzzTarget } from "./fuzz-target";
import { targets } from "./targets";

/** See scripts/fuzz. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(targets);
  const seconds = Number(values.seconds) / names.length;
  const coverage = new Coverage();
  await coverage.start();
  for (const name of names) {
    const target = targets[name];
    if (!target) throw new Error(`No target ${name}.`);
    const random = generator(Number(values.seed));
    const found = await fuzzTarget(target, coverage, { seconds, random });
    console.log(`${name}: ${found.runs} runs, ${found.inputs} inputs kept`);
    if (!found.failure) continue;
    console.log(`${name} fails for ${JSON.stringify(found.failure.input)}`);
    console.log(found.failure.error);
    process.exitCode = 1;
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

void main();
