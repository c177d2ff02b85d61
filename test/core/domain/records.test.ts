import { expect, test } from "@jest/globals";
import { Message } from "../../../app/core/domain/records";

const at = "2026-01-02T03:04:05.678Z";

test("a reply record with the common fields alone reads as a complete reply", () => {
  const record = { number: 2, role: "assistant", text: "Hello.", at };
  expect(Message.parse(record)).toEqual({
    ...record,
    model: "",
    modelName: "Assistant",
    outcome: "complete",
  });
});

test("a stored message reads back as it was written", () => {
  const prompt = { number: 5, role: "user", text: "Hi", at, insteadOf: 3 };
  const reply = {
    number: 6,
    role: "assistant",
    text: "",
    at,
    model: "eliza/eliza",
    modelName: "Eliza",
    outcome: "stopped",
    usage: { inputTokens: 1, outputTokens: 0 },
  };
  for (const message of [prompt, reply]) {
    expect(Message.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
  }
});
