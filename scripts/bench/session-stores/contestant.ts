/** A session store in a benchmark. */
export interface Contestant {
  name: string;
  create(id: string, values: object): Promise<unknown>;
  get(id: string): Promise<unknown>;
  set(id: string, values: object): Promise<unknown>;
  /** Storage calls per operation since the last call of this: `readdir 1, readFile 0.2`. */
  costs?(operations: number): string;
  stop?(): Promise<void>;
}
