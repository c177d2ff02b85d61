export interface ByteBudgetOptions {
  /** Bytes that all clients together may hold. */
  total: number;
  /** Bytes that a single client may hold, so that it leaves some to others. */
  perClient: number;
}

/** Bounds the memory that requests in flight hold. */
export class ByteBudget {
  private readonly byClient = new Map<string, number>();
  private held = 0;

  constructor(private readonly options: ByteBudgetOptions) {}

  /** Bytes held at the moment. */
  get size(): number {
    return this.held;
  }

  /** Takes bytes, to be given back. @returns What has too little left, if anything; then none are taken. */
  take(client: string, bytes: number): "client" | "all" | undefined {
    const { total, perClient } = this.options;
    const own = (this.byClient.get(client) ?? 0) + bytes;
    if (own > perClient) return "client";
    if (this.held + bytes > total) return "all";
    this.byClient.set(client, own);
    this.held += bytes;
    return undefined;
  }

  giveBack(client: string, bytes: number): void {
    const own = (this.byClient.get(client) ?? 0) - bytes;
    if (own > 0) this.byClient.set(client, own);
    else this.byClient.delete(client);
    this.held -= bytes;
  }
}
