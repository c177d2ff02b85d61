import {
  OwnerEvent,
  type StoredConversation,
  type StoredProject,
} from "../core/storage/layout/owner-events";
import type { LogEntry } from "../core/storage/log-reader";

/** An item of an owner's lists, as the newest event has it. */
export interface Listed<T> {
  version: number;
  data: T;
}

/** The records that the events of an owner index list. */
export class OwnerLists {
  readonly conversations = new Map<string, Listed<StoredConversation>>();
  readonly projects = new Map<string, Listed<StoredProject>>();

  constructor(entries: readonly LogEntry[]) {
    for (const entry of entries) {
      const { success, data } = OwnerEvent.safeParse(entry);
      if (success) this.apply(data);
    }
  }

  private apply(event: OwnerEvent): void {
    if (event.kind === "erased") {
      this.conversations.clear();
      this.projects.clear();
    } else if (event.kind === "conversation") {
      put(this.conversations, event.version, event.conversation);
    } else if (event.kind === "project") {
      put(this.projects, event.version, event.project);
    }
  }
}

function put<T extends { id: string }>(
  all: Map<string, Listed<T>>,
  version: number,
  data: T,
): void {
  if (version >= (all.get(data.id)?.version ?? 0)) {
    all.set(data.id, { version, data });
  }
}
