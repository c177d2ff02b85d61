import { type Cluster, ClusterError } from "./cluster";
import { messageOf } from "../message-of";

/**
 * Reads the cluster of a kubectl context, with kubectl's authentication.
 *
 * @param context Defaults to the current one.
 */
export function kubectlCluster(
  namespace: string,
  command: (name: string, args: string[]) => Promise<string>,
  context?: string,
): Cluster {
  const chosen = context === undefined ? [] : ["--context", context];
  return {
    namespace,
    async get(path) {
      try {
        const text = await command("kubectl", [
          ...chosen,
          "get",
          "--raw",
          path,
        ]);
        return JSON.parse(text) as unknown;
      } catch (error) {
        const message = messageOf(error);
        if (/NotFound|could not find the requested resource/.test(message)) {
          return undefined;
        }
        throw new ClusterError(
          `kubectl could not get ${path}: ${message.trim()}. Check that ${context === undefined ? "the current context" : `the context ${context}`} is correct (kubectl config get-contexts).`,
        );
      }
    },
  };
}
