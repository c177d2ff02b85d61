/** Thrown when the API server refuses or can't be reached; its message says what to do. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
}

/** Reads objects of the Kubernetes API. */
export interface Cluster {
  /** The namespace that Keepsake runs in. */
  readonly namespace: string;
  /**
   * @param path Such as `/apis/apps/v1/namespaces/keepsake/deployments`.
   * @returns The object; `undefined` if there is none, or no such kind.
   * @throws ClusterError if it may not be read, or there was no answer.
   */
  get(path: string): Promise<unknown>;
}
