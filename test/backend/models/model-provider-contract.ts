import type {
  ModelEvent,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../../../app/backend/models/model";

/** A provider, and what the suite must know about it. */
export interface ProviderUnderTest {
  provider: ModelProvider;
  /** A model's name at the provider. */
  model: string;
  /** Resolves when the provider has cancelled its last request. */
  released?: () => Promise<void>;
  close(): Promise<void>;
}

export const user = (text: string): ModelMessage => ({ role: "user", text });
export const assistant = (text: string): ModelMessage => ({
  role: "assistant",
  text,
});

export async function collect(
  reply: AsyncIterable<ModelEvent>,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of reply) events.push(event);
  return events;
}

/** The events before a failure, and the failure. */
export async function untilFailure(
  reply: AsyncIterable<ModelEvent>,
  onEvent: () => void = () => undefined,
): Promise<{ events: ModelEvent[]; error?: unknown }> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of reply) {
      events.push(event);
      onEvent();
    }
  } catch (error) {
    return { events, error };
  }
  return { events };
}

/** The text of a reply's events, or its reasoning. */
export function textOf(
  events: ModelEvent[],
  kind: "text" | "reasoning" = "text",
): string {
  return events
    .map((event) => (event.kind === kind ? event.text : ""))
    .join("");
}

export const neverAborts = () => new AbortController().signal;

/** The contract of all providers. The model must answer with some words. */
export function keepsTheContract(
  start: () => Promise<ProviderUnderTest>,
): void {
  let subject: ProviderUnderTest;
  beforeEach(async () => {
    subject = await start();
  });
  afterEach(() => subject.close());

  const reply = (options: Partial<ReplyOptions> = {}, signal = neverAborts()) =>
    subject.provider.streamReply(
      [user("write 30 words")],
      { model: subject.model, ...options },
      signal,
    );

  it("lists models whose ids begin with the provider's name", async () => {
    const models = await subject.provider.listModels(neverAborts());
    expect(models.map((model) => model.id)).toContain(
      `${subject.provider.name}/${subject.model}`,
    );
    for (const model of models) {
      expect(model.provider).toBe(subject.provider.name);
      expect(model.name).not.toBe("");
      expect(model.maxReplyTokens).toBeLessThanOrEqual(model.contextTokens);
    }
  });

  it("ends a reply with its usage and one stop, after its text", async () => {
    const events = await collect(reply());
    const kinds = events.map((event) => event.kind);
    expect(textOf(events)).not.toBe("");
    expect(kinds.slice(-2)).toEqual(["usage", "stop"]);
    expect(kinds.filter((kind) => kind === "stop")).toHaveLength(1);
  });

  it("sends no empty text", async () => {
    const events = await collect(reply());
    expect(events).not.toContainEqual({ kind: "text", text: "" });
  });

  it("yields nothing if the signal is already aborted", async () => {
    const reason = new Error("stopped before");
    const events: ModelEvent[] = [];
    const iterate = async () => {
      for await (const event of reply({}, AbortSignal.abort(reason)))
        events.push(event);
    };
    await expect(iterate()).rejects.toBe(reason);
    expect(events).toEqual([]);
  });

  it("ends an aborted reply with the signal's reason, and cancels the request", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped in the middle");
    const iterate = async () => {
      for await (const _ of reply({}, controller.signal))
        controller.abort(reason);
    };
    await expect(iterate()).rejects.toBe(reason);
    await subject.released?.();
    expect(controller.signal.aborted).toBe(true);
  });

  it("cancels the request when the consumer leaves", async () => {
    const iterator = reply()[Symbol.asyncIterator]();
    const first = await iterator.next();
    await iterator.return?.();
    await subject.released?.();
    expect(first.done).toBe(false);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("writes two replies at once", async () => {
    const [one, other] = await Promise.all([
      collect(reply()),
      collect(reply()),
    ]);
    expect(textOf(one)).toBe(textOf(other));
  });
}
