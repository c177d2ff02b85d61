import { setTimeout as delay } from "node:timers/promises";
import type { ApiServer } from "./api-server";

/** Acts as the cluster's controllers that finish a rollout, until `task` has ended. */
export async function withRollouts<T>(
  server: ApiServer,
  task: Promise<T>,
): Promise<T> {
  const controllers = new AbortController();
  const finishing = (async () => {
    while (!controllers.signal.aborted) {
      await finishRollout(server, "web");
      await finishRollout(server, "backend");
      await delay(100);
    }
  })();
  try {
    return await task;
  } finally {
    controllers.abort();
    await finishing;
  }
}

async function finishRollout(server: ApiServer, name: string): Promise<void> {
  const target = ["deployment", name, "-n", "keepsake"];
  const { code, stdout } = await server.kubectl([
    "get",
    ...target,
    "-o",
    "jsonpath={.metadata.generation}",
  ]);
  if (code !== 0) return;
  const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
  const status = { observedGeneration: Number(stdout), ...counts };
  await server.kubectl([
    "patch",
    ...target,
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify({ status: { ...status, readyReplicas: 1 } }),
  ]);
}
