/** The API server refused or is unreachable; the message contains a remedy. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
}

export interface Cluster {
  /** Keepsake's namespace. */
  readonly namespace: string;
  /**
   * @param path Such as `/apis/apps/v1/namespaces/keepsake/deployments`.
   * @returns The object; `undefined` if it or its kind does not exist.
   * @throws ClusterError if it is forbidden or there is no answer.
   */
  get(path: string): Promise<unknown>;
}
