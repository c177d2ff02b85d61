import { EarlyRequest } from "../../../app/backend/replies/writing/early-request";
import { waitFor } from "../../support/wait-for";
import { MemoryRecords, ref } from "./processes";
import { scriptedModels } from "./scripted-models";

it("ends the model's events if it is cancelled after the first, and none was read", async () => {
  const seen = { events: 0, ends: 0 };
  const { models } = scriptedModels(() => []);
  const request = new EarlyRequest(
    {
      repository: new MemoryRecords("/records"),
      now: () => 0,
      models: {
        ...models,
        async *streamReply() {
          try {
            for (;;) {
              seen.events += 1;
              yield { kind: "text" as const, text: "word " };
            }
          } finally {
            seen.ends += 1;
          }
        },
      },
    },
    ref,
  );
  await waitFor(() => seen.events === 1);
  request.cancel();
  await waitFor(() => seen.ends === 1);
  request.cancel();
  expect(seen).toEqual({ events: 1, ends: 1 });
});
