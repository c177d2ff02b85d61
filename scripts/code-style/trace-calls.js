// Loaded with `node --require` into web and backend: writes down which of our files are on the
// call stack, awaiting callers included, when a file is flushed and when web calls the backend.
const { appendFileSync } = require("node:fs");
const { open } = require("node:fs/promises");

Error.stackTraceLimit = 300;
const OUTPUT = process.env.TRACE_CALLS_OUTPUT;

function record(call) {
  const { stack = "" } = new Error("trace");
  const files = [...stack.matchAll(/\/(app\/[^\s:)]+)\.[jt]s:/g)].map(
    (match) => match[1],
  );
  appendFileSync(OUTPUT, JSON.stringify({ call, files }) + "\n");
}

function wrap(target, name, call) {
  const original = target[name];
  target[name] = function traced(...args) {
    record(call);
    return original.apply(this, args);
  };
}

const undici = require(
  require.resolve("undici", { paths: [process.argv[1] ?? ""] }),
);
// Every client and pool of undici inherits this.
wrap(
  Object.getPrototypeOf(undici.Client.prototype),
  "dispatch",
  "backend call",
);

/** All file handles share one prototype, which only a handle leads to. */
async function wrapFlushes() {
  const handle = await open(__filename, "r");
  const prototype = Object.getPrototypeOf(handle);
  wrap(prototype, "sync", "flush");
  wrap(prototype, "datasync", "flush");
  await handle.close();
}

void wrapFlushes();
