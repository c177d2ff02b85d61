import { runConformanceTests } from "@durable-streams/server-conformance-tests";

/* Run by vitest, which the official suite requires; see conformance.test.ts. */
runConformanceTests({
  baseUrl: process.env.CONFORMANCE_TEST_URL,
  longPollTimeoutMs: 3_000,
});
