import { createLog } from "../../../app/core/runtime/log";

function lineOf(error: unknown, message = "failed"): Record<string, unknown> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  createLog("info", {}, { write }).error({ error }, message);
  return JSON.parse(lines.join("")) as Record<string, unknown>;
}

const SECRET = "a-planted-secret";

it("logs an error's type, message, code, calls and causes, and no other field", () => {
  const cause = Object.assign(new TypeError("the cause"), { body: SECRET });
  const error = Object.assign(new Error("the message", { cause }), {
    code: "HPE_INVALID_CHUNK_SIZE",
    rawPacket: Buffer.from(SECRET),
    headers: { cookie: SECRET },
  });
  const line = lineOf(error);
  expect(line.error).toEqual({
    type: "Error",
    message: "the message",
    code: "HPE_INVALID_CHUNK_SIZE",
    stack: expect.stringMatching(/^ {4}at .*log\.test\.ts/),
    cause: expect.objectContaining({ type: "TypeError", message: "the cause" }),
  });
  expect(JSON.stringify(line)).not.toContain(SECRET);
});

it("bounds the length of an error's message and of a line's message", () => {
  const long = "x".repeat(1_000_000);
  const text = JSON.stringify(lineOf(new Error(`${long}\n${long}`), long));
  expect(text.length).toBeLessThan(8_000);
  expect(text).toContain("(1000000 characters)");
});

it("bounds the number of causes, even if an error causes itself", () => {
  const error = new Error("again");
  error.cause = error;
  expect(JSON.stringify(lineOf(error)).match(/again/g)).toHaveLength(5);
});

it.each([["a text"], [42], [null], [undefined], [{ password: SECRET }]])(
  "logs %j, thrown instead of an error",
  (thrown) => {
    const line = lineOf(thrown);
    expect(line.msg).toBe("failed");
    expect(JSON.stringify(line)).not.toContain(SECRET);
  },
);
