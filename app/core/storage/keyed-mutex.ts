/** Admits the callers for each key one at a time, in order. */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<void>>();

  /** Locks the key until the end of the caller's block: `using _ = await mutex.lock(key)`. */
  async lock(key: string): Promise<Disposable> {
    const before = this.tails.get(key);
    let release: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.tails.set(key, released);
    await before;
    return {
      [Symbol.dispose]: () => {
        if (this.tails.get(key) === released) this.tails.delete(key);
        release();
      },
    };
  }
}
