import { explore, type Scenario } from "./explorer";
import {
  begun,
  first,
  reader,
  scenario,
  successor,
  writer,
} from "./reply-log-scenarios";

it.each<[string, Scenario]>([
  [
    "a writer and a process that takes over",
    scenario((delivered) => [
      first(delivered, 2),
      successor(delivered, "b", 1),
    ]),
  ],
  [
    "a reader of files beside a takeover",
    scenario(
      (delivered) => [
        writer(delivered, 1),
        successor(delivered, "b", 0),
        reader(delivered),
      ],
      { prepare: begun },
    ),
  ],
  [
    "a network that sends calls again",
    scenario(
      (delivered) => [first(delivered, 1), successor(delivered, "b", 1)],
      {
        retransmissions: 2,
      },
    ),
  ],
  [
    "a power cut after any call",
    scenario(
      (delivered) => [first(delivered, 1), successor(delivered, "b", 1)],
      {
        cuts: true,
      },
    ),
  ],
])("keeps its invariants in every interleaving of %s", async (_, each) => {
  const explored = await explore(each);
  console.info(`${explored.states} states, ${explored.runs} runs`);
  expect(explored.states).toBeGreaterThan(100);
});
