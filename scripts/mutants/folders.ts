/**
 * The folders in which mistakes are made, and the tests that hold their promises. All tests run in
 * jest's own process: those that start processes or a browser take too long for each mistake.
 */
export const folders: Record<string, string[]> = {
  "app/core/storage": [
    "test/core/storage/*.test.ts",
    "test/backend/storage.test.ts",
    "test/exhaustive/storage.test.ts",
  ],
  "app/backend/replies": [
    "test/backend/replies/*.test.ts",
    "test/backend/retry.test.ts",
    "test/exhaustive/reply-log.test.ts",
  ],
  "app/web/sessions": [
    "test/web/sessions/!(hanging|stress).test.ts",
    "test/core/storage/faults.test.ts",
    "test/web/unsaved.test.ts",
  ],
  "app/web/backend-client": [
    "test/web/backend-client/*.test.ts",
    "test/web/{dead-backends,trace,probes,queue,regenerate}.test.ts",
  ],
  "app/web/middleware": [
    "test/web/*.test.ts",
    "test/web/{forms,limits}/*.test.ts",
    "test/web/rendering/*.test.ts",
    "test/web/streaming/*.test.ts",
  ],
  "app/web/rendering": [
    "test/web/rendering/*.test.ts",
    "test/web/pages.test.ts",
  ],
  "k8s/constructs": [
    "test/k8s/{fields,manifests,observability,alerts,drain,emit,aws,ways-out}.test.ts",
  ],
};
