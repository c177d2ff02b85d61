import { type Cluster, ClusterError } from "./Cluster";
import { messageOf } from "../messageOf";

/**
 * The cluster of kubectl's current context: it knows how to sign in everywhere.
 *
 * @param command Runs kubectl.
 */
export function kubectlCluster(
  namespace: string,
  command: (name: string, args: string[]) => Promise<string>,
): Cluster {
  return {
    namespace,
    async get(path) {
      try {
        const text = await command("kubectl", ["get", "--raw", path]);
        return JSON.parse(text) as unknown;
      } catch (error) {
        const message = messageOf(error);
        if (/NotFound|could not find the requested resource/.test(message)) {
          return undefined;
        }
        throw new ClusterError(
          `kubectl could not get ${path}: ${message.trim()}. Is the current context the right one (kubectl config current-context)?`,
        );
      }
    },
  };
}
