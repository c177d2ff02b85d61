/**
 * Mistakes that no test needs to notice. They are left out of scores, and need no second judgement.
 * An entry counts for as long as its line stands in the file.
 */
export interface Harmless {
  file: string;
  /** The line in which the mistake begins, without indentation. */
  line: string;
  /** As scripts/mutation prints it. */
  mistake: string;
  reason: string;
}

export const harmless: Harmless[] = [
  {
    file: "app/backend/replies/writing/reply-writer.ts",
    line: "if (!final) return this.epoch.close();",
    mistake: "!final → false",
    reason:
      "Each cause of an interrupted model sets an intent or closes the epoch, and was handled before.",
  },
  {
    file: "app/backend/replies/writing/reply-writer.ts",
    line: "this.controller.abort(NOT_NEEDED);",
    mistake:
      "this.controller.abort(NOT_NEEDED); await this.epoch.close(); → await this.epoch.close(); this.controller.abort(NOT_NEEDED);",
    reason:
      "Text that the model sends while the epoch closes is not recorded: the intent is set before.",
  },
  {
    file: "app/backend/replies/failover/reply-supervisor.ts",
    line: "if (this.pool.isBusyWith(ref)) return this.forget(ref);",
    mistake: "this.pool.isBusyWith(ref) → false",
    reason:
      "Costs an inspection of each own reply: `takeOver` asks the same again before it acts.",
  },
  {
    file: "app/core/storage/versioned-document.ts",
    line: "const waitMs = Math.random() * Math.min(2 ** attempt, 64);",
    mistake:
      "Math.random() * Math.min(2 ** attempt, 64) → (Math.random() / Math.min(2 ** attempt, 64))",
    reason:
      "Only the length of a wait, which balances load against speed. The number of attempts is tested.",
  },
  {
    file: "app/web/sessions/visitor-session.ts",
    line: "this.state = { ...state, isCookieDue: false };",
    mistake: "false → true",
    reason:
      "The state lives for one request, in which a second header of the cookie replaces the first.",
  },
  {
    file: "app/web/sessions/file-session-store.ts",
    line: "if (!isHash(hash)) continue;",
    mistake: "!isHash(hash) → false",
    reason:
      "A name that is no hash leads to a folder without versions, so nothing is deleted or counted.",
  },
  {
    file: "app/web/sessions/file-session-store.ts",
    line: "const theirs = isObject(data.values) ? data.values : {};",
    mistake: "isObject(data.values) → true",
    reason:
      "`toSession` refused such a document in the line before; the type checker cannot know.",
  },
  {
    file: "app/web/sessions/memory-session-store.ts",
    line: "if (owner !== undefined) {",
    mistake: "owner !== undefined → true",
    reason:
      "Sessions without an owner are listed under a name that no call asks for.",
  },
  {
    file: "app/web/sessions/memory-session-store.ts",
    line: "owned.delete(owner);",
    mistake: "owned.delete(owner); → ;",
    reason:
      "An id whose session has ended is not counted again. Memory only, in a store for tests.",
  },
  {
    file: "app/web/sessions/session-cookie.ts",
    line: 'if (others.length > 0) ctx.set("set-cookie", others);',
    mistake: "others.length > 0 → true",
    reason: "An empty list of cookies sends no header.",
  },
  {
    file: "app/backend/replies/failover/reply-supervisor.ts",
    line: "clearTimeout(this.timer);",
    mistake:
      "clearTimeout(this.timer); await this.scanning; → await this.scanning; clearTimeout(this.timer);",
    reason: "No timer is set while a scan runs, nor after `isStopped`.",
  },
  {
    file: "app/backend/replies/writing/reply-writer.ts",
    line: "if (signal.aborted) return;",
    mistake: "signal.aborted → false",
    reason:
      "One more flush. At worst a heartbeat follows a handover, which costs a lease and no text.",
  },
  {
    file: "app/web/rendering/growing-markdown.ts",
    line: "if (end >= 0) return text.slice(0, end + 1);",
    mistake: "end >= 0 → (end > 0)",
    reason: "An empty line before a block is dropped in either case.",
  },
  {
    file: "app/backend/replies/writing/epoch-writer.ts",
    line: "if (this.isWaking) return;",
    mistake: "this.isWaking → false",
    reason:
      "Followers wake once for each line of a turn, and find nothing new after the first.",
  },
  {
    file: "app/backend/replies/writing/epoch-writer.ts",
    line: "this.isWaking = true;",
    mistake: "this.isWaking = true; \u2192 ;",
    reason:
      "Followers wake once for each line of a turn, and find nothing new.",
  },
  {
    file: "app/backend/replies/writing/reply-writer.ts",
    line: "await this.epoch.flush();",
    mistake:
      "await this.epoch.flush(); flushedAt = now(); \u2192 flushedAt = now(); await this.epoch.flush();",
    reason: "A heartbeat comes earlier by the duration of a flush.",
  },
  {
    file: "app/backend/replies/writing/reply-writer.ts",
    line: "await nextTurn();",
    mistake:
      "await nextTurn(); this.controller.abort(NOT_NEEDED); \u2192 this.controller.abort(NOT_NEEDED); await nextTurn();",
    reason:
      "The model stops one turn earlier. The epoch closes after the same turn.",
  },
  {
    file: "app/core/storage/storage-problem.ts",
    line: 'typeof error === "object" &&',
    mistake:
      'typeof error === "object" && error !== null && "syscall" in error \u2192 (typeof error === "object" && error !== null || "syscall" in error)',
    reason:
      "Only an object has a code that leads here, and without a system call it is no error of a connection.",
  },
  {
    file: "app/web/sessions/sessions.ts",
    line: "known instanceof SessionCookie",
    mistake: "known instanceof SessionCookie \u2192 false",
    reason: "The cookie's signature is verified twice.",
  },
  {
    file: "app/web/sessions/cookie-signatures.ts",
    line: "if (key >= 0) return this.#remember(data, signature, key);",
    mistake: "key >= 0 \u2192 (key > 0)",
    reason:
      "The newest key, which has index 0, was compared in the lines before.",
  },
  {
    file: "app/web/sessions/visitor-session.ts",
    line: 'if (state.kind !== "live") return false;',
    mistake: "false → true",
    reason: "Its callers save a live session alone.",
  },
  {
    file: "app/web/rendering/work-limits.ts",
    line: "if (work instanceof InlineWork) work.count(tokens.length);",
    mistake: "work instanceof InlineWork → true",
    reason:
      "Inline text is parsed with such work alone: the condition narrows its type.",
  },
];
