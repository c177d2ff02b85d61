/** A session store in a benchmark. */
export interface Contestant {
  name: string;
  /** Makes the session. */
  create(id: string, values: object): Promise<unknown>;
  get(id: string): Promise<unknown>;
  set(id: string, values: object): Promise<unknown>;
  /** What one get or set cost since the last time this was asked: `readdir 1, readFile 0.2`. */
  costs?(operations: number): string;
  stop?(): Promise<void>;
}
