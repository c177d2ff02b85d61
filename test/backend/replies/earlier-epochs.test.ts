import { formatOffset } from "../../../app/backend/replies/log/offset";
import { apply, ref, directory, useDirectory, watch } from "./processes";
import { ANSWER, barrier, scriptedModels, wordsAfter } from "./scripted-models";
import { waitFor } from "../../support/wait-for";

useDirectory();

/** Writes words of the answer, until the test resumes it. */
function holding(count: number) {
  const { held, go } = barrier();
  const { models } = scriptedModels((messages) => {
    const all = [...wordsAfter(ANSWER, messages)];
    return [...all.slice(0, count), () => held, ...all.slice(count)];
  });
  return { models, go };
}

it("continues from the beginning and from every offset of an earlier epoch while its successor writes", async () => {
  const writer = directory.process(holding(4).models);
  await writer.start(ref);
  const seen: { text: string; offset: string }[] = [];
  for await (const { event, offset } of watch(writer, ref)) {
    const text = apply(seen.at(-1)?.text ?? "", event);
    seen.push({ text, offset });
    if (text === "One small step for ") break;
  }
  expect(seen.length).toBeGreaterThan(3);
  await writer.drain();
  const { models, go } = holding(2);
  const successor = directory.process(models, { leaseMs: 60_000 });
  successor.startSupervision();
  await waitFor(() => successor.isWriting(ref));
  const begin = { text: "", offset: undefined };
  for (const { text: before, offset } of [begin, ...seen]) {
    let text = before;
    for await (const { event } of watch(successor, ref, offset)) {
      text = apply(text, event);
      expect(ANSWER).toContain(text);
      expect(ANSWER.startsWith(text)).toBe(true);
      if (text === "One small step for a man, ") break;
    }
  }
  go();
});

it("refuses an offset inside a line, also while this process writes", async () => {
  const { models, go } = holding(2);
  const writer = directory.process(models);
  await writer.start(ref);
  await waitFor(() => writer.isWriting(ref));
  const inside = watch(writer, ref, formatOffset({ entry: 1, bytes: 3 }));
  await expect(inside.next()).rejects.toThrow("not in this stream");
  go();
});
