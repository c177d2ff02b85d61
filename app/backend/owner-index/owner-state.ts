import type { ModelUsage } from "../../core/domain/records";
import type {
  OwnerEvent,
  StoredConversation,
  StoredProject,
} from "../../core/storage/layout/owner-events";

/** A conversation as its owner's events describe it. */
export interface ConversationState {
  version: number;
  settings: StoredConversation;
  /** By which conversations are sorted: see {@link orderOf}. Each has another one. */
  order: number;
  updatedAt: string;
  /** The size of its messages, as far as events tell. */
  bytes: number;
  /** By model. */
  usage: Map<string, ModelUsage>;
  counted: CountedReplies;
}

export interface ProjectState {
  version: number;
  project: StoredProject;
}

/** The conversations and projects of an owner: a fold over the owner's events. */
export class OwnerState {
  readonly conversations = new Map<string, ConversationState>();
  readonly projects = new Map<string, ProjectState>();
  private readonly orders = new Set<number>();
  /** The last deletion of all data: the number of its event, 0 if there is none, and its time. */
  erasure = { number: 0, at: "" };
  /** The number of the last applied event. */
  upTo = 0;

  apply(number: number, entry: OwnerEvent): void {
    if (entry.kind === "conversation") this.applySettings(number, entry);
    else if (entry.kind === "project") this.applyProject(entry);
    else if (entry.kind === "erased") this.clear({ number, at: entry.at });
    else this.applyMessage(number, entry);
  }

  /** Conversations that are not deleted, in no order. */
  kept(): ConversationState[] {
    return [...this.conversations.values()].filter(
      ({ settings }) => settings.deletedAt === null,
    );
  }

  /**
   * Conversations that are not deleted, most recently used first.
   *
   * @param archived By default without the archived ones.
   */
  listed(archived?: "only" | "with"): ConversationState[] {
    return this.kept()
      .filter(
        ({ settings }) =>
          archived === "with" ||
          Boolean(settings.archivedAt) === (archived === "only"),
      )
      .toSorted((a, b) => b.order - a.order);
  }

  /** The pinned conversations, last pinned first. */
  pinned(): ConversationState[] {
    const pinnedAt = ({ settings }: ConversationState) =>
      settings.pinnedAt ?? "";
    return this.kept()
      .filter((one) => pinnedAt(one) !== "" && !one.settings.archivedAt)
      .toSorted((a, b) => (pinnedAt(a) < pinnedAt(b) ? 1 : -1));
  }

  /** The project of a conversation; `null` if that was deleted. */
  projectOf({ settings }: ConversationState): string | null {
    const project = settings.project && this.projects.get(settings.project);
    return project && project.project.deletedAt === null
      ? settings.project
      : null;
  }

  private clear(erasure: OwnerState["erasure"]): void {
    this.erasure = erasure;
    this.orders.clear();
    this.conversations.clear();
    this.projects.clear();
  }

  private applySettings(
    number: number,
    entry: OwnerEvent & { kind: "conversation" },
  ) {
    const { version, conversation: settings } = entry;
    const { updatedAt = settings.createdAt } = entry;
    const known = this.conversations.get(settings.id);
    if (!known) {
      this.conversations.set(settings.id, {
        version,
        settings,
        order: this.takeOrder(updatedAt, number),
        updatedAt,
        bytes: entry.bytes ?? 0,
        usage: new Map(),
        counted: new CountedReplies(),
      });
    } else if (version >= known.version) {
      known.version = version;
      known.settings = settings;
    }
  }

  private applyProject({ version, project }: OwnerEvent & { kind: "project" }) {
    const known = this.projects.get(project.id);
    if (known && known.version > version) return;
    this.projects.set(project.id, { version, project });
  }

  private applyMessage(
    number: number,
    entry: OwnerEvent & { kind: "prompt" | "reply" },
  ) {
    const known = this.conversations.get(entry.id);
    if (!known) return;
    if (entry.kind === "reply") {
      if (!known.counted.add(entry.reply)) return;
      addUsage(known.usage, entry);
    }
    this.orders.delete(known.order);
    known.order = this.takeOrder(entry.at, number);
    known.updatedAt = entry.at;
    known.bytes += entry.bytes ?? 0;
  }

  /** The same on every process, since all apply the same events. */
  private takeOrder(at: string, event: number): number {
    let order = orderOf(at, event);
    while (this.orders.has(order)) order += 1;
    this.orders.add(order);
    return order;
  }
}

/**
 * The time of the last message; of two at the same time, the later event. An imported conversation is as
 * old as its messages.
 *
 * @returns An integer of at most 15 digits: a cursor of the API.
 */
function orderOf(at: string, event: number): number {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? event : ms * 100 + (event % 100);
}

function addUsage(
  usage: Map<string, ModelUsage>,
  reply: OwnerEvent & { kind: "reply" },
): void {
  const { model, modelName } = reply;
  const { inputTokens = 0, outputTokens = 0 } = reply.usage ?? {};
  const before = usage.get(model);
  usage.set(model, {
    model,
    modelName,
    messages: (before?.messages ?? 0) + 1,
    inputTokens: (before?.inputTokens ?? 0) + inputTokens,
    outputTokens: (before?.outputTokens ?? 0) + outputTokens,
  });
}

/** The counted replies: all even numbers up to the highest, except a few. */
class CountedReplies {
  private highest = 0;
  private readonly missing = new Set<number>();

  has(reply: number): boolean {
    return reply <= this.highest && !this.missing.has(reply);
  }

  /** @returns False if it was counted before. */
  add(reply: number): boolean {
    if (reply <= this.highest) return this.missing.delete(reply);
    for (let n = this.highest + 2; n < reply; n += 2) this.missing.add(n);
    this.highest = reply;
    return true;
  }
}
