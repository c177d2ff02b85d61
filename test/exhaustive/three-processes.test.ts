import { explore } from "./explorer";
import {
  begun,
  reader,
  scenario,
  successor,
  writer,
} from "./reply-log-scenarios";

it("keeps its invariants in every interleaving of two processes that take over at once", async () => {
  const explored = await explore(
    scenario(
      (delivered) => [
        writer(delivered, 1),
        successor(delivered, "b", 0),
        successor(delivered, "c", 0),
      ],
      { prepare: begun },
    ),
  );
  console.info(`${explored.states} states, ${explored.runs} runs`);
  expect(explored.states).toBeGreaterThan(10_000);
});

it("keeps its invariants in every interleaving of a reader of files and a successor that writes", async () => {
  const explored = await explore(
    scenario(
      (delivered) => [
        writer(delivered, 1),
        successor(delivered, "b", 1),
        reader(delivered),
      ],
      { prepare: begun },
    ),
  );
  console.info(`${explored.states} states, ${explored.runs} runs`);
  expect(explored.states).toBeGreaterThan(5_000);
});
