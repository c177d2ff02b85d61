/**
 * Mistakes that once went unnoticed, or that one kind of test alone notices. `scripts/mutation --named`
 * makes each of them again, and expects its test to fail. docs/testing.md lists them.
 */
export interface NamedMistake {
  /** The promise that it breaks, as a sentence about the code with the mistake. */
  mistake: string;
  file: string;
  /** Present once in the file. */
  from: string;
  to: string;
  test: string;
  /** The end of the test's full name. */
  title: string;
  /** True if no test outside of `test/exhaustive` notices it. */
  isOnlyExhaustive?: boolean;
}

const log = "app/backend/replies/log/reply-log.ts";
const exclusiveFile = "app/core/storage/exclusive-file.ts";
const replyLogTest = "test/exhaustive/reply-log.test.ts";
const storageTest = "test/exhaustive/storage.test.ts";

export const namedMistakes: NamedMistake[] = [
  {
    mistake: "a writer looks for a successor before it writes and flushes",
    file: log,
    from: `    await file.write(data, tail.bytes);
    return (await this.latestEntry()) === tail.entry;`,
    to: `    const isNewest = (await this.latestEntry()) === tail.entry;
    await file.write(data, tail.bytes);
    return isNewest;`,
    test: replyLogTest,
    title: "every interleaving of a writer and a process that takes over",
    isOnlyExhaustive: true,
  },
  {
    mistake: "a successor reads the old entry's length, then creates its own",
    file: log,
    from: `    const file = await this.create(number);
    if (!file) return undefined;
    onCreated();
    try {
      const before = await this.readUpTo(number - 1, logStart);`,
    to: `    const before = await this.readUpTo(number - 1, logStart);
    const file = await this.create(number);
    if (!file) return undefined;
    onCreated();
    try {`,
    test: replyLogTest,
    title: "every interleaving of a writer and a process that takes over",
    isOnlyExhaustive: true,
  },
  {
    mistake: "a picture's label is not escaped",
    file: "app/web/rendering/markdown.ts",
    from: "const label = escape(token?.content || source);",
    to: "const label = token?.content || source;",
    test: "test/web/rendering/markdown.test.ts",
    title:
      'shows the label of a picture as text: "![<img src=x onerror=alert(1)>](https://example.org/x.png)"',
  },
  {
    mistake: "one kind of storage call has no time-out",
    file: "app/core/storage/bounded-file-system.ts",
    from: "link: bound(fileSystem.link)",
    to: "link: fileSystem.link",
    test: "test/core/storage/bounded-file-system.test.ts",
    title: "link times out when it hangs",
  },
  {
    mistake: "one kind of call to an open file has no time-out",
    file: "app/core/storage/bounded-file-system.ts",
    from: "sync: () => gate.run(() => handle.sync())",
    to: "sync: () => handle.sync()",
    test: "test/core/storage/bounded-file-system.test.ts",
    title: "sync of an open file times out when it hangs",
  },
  {
    mistake: "calls that hang may take all threads",
    file: "app/core/storage/bounded-file-system.ts",
    from: "Math.floor(config.UV_THREADPOOL_SIZE * 0.75)",
    to: "config.UV_THREADPOOL_SIZE",
    test: "test/core/storage/bounded-file-system.test.ts",
    title: "calls that hang leave threads of any pool to others",
  },
  {
    mistake:
      "an own link that is reported as EEXIST after a retransmission counts as another's",
    file: exclusiveFile,
    from: "if (await holds(fileSystem, folder, name, bytes)) return true;",
    to: "",
    test: storageTest,
    title:
      "loses and doubles no entry in any interleaving of a network that sends calls again",
    isOnlyExhaustive: true,
  },
  {
    mistake: "no older token is tried after a 401",
    file: "app/web/backend-client/transport.ts",
    from: "if (answer.status === 401) continue;",
    to: "",
    test: "test/web/backend-client/api.test.ts",
    title:
      "falls back to an older token while the backend does not know the newest",
  },
  {
    mistake: "the policy lacks form-action",
    file: "app/web/middleware/security-headers.ts",
    from: `"form-action 'self'",`,
    to: "",
    test: "test/web/requests.test.ts",
    title: "sends every directive of the content security policy",
  },
  {
    mistake: "the policy lacks base-uri",
    file: "app/web/middleware/security-headers.ts",
    from: `"base-uri 'none'",`,
    to: "",
    test: "test/web/requests.test.ts",
    title: "sends every directive of the content security policy",
  },
  {
    mistake: "a draining process takes replies over",
    file: "app/backend/replies/writing/writer-pool.ts",
    from: "if (this.isDraining || this.isBusyWith(ref)) return;",
    to: "if (this.isBusyWith(ref)) return;",
    test: "test/backend/replies/supervision.test.ts",
    title:
      "takes no reply over while it drains, although its watchers see the handover",
  },
  {
    mistake: "the folder that lists an owner's sessions is not flushed",
    file: "app/web/sessions/file-session-store.ts",
    from: `.close();
        return await fileSystem.syncDirectory(folder);`,
    to: `.close();
        return;`,
    test: "test/web/sessions/session-store-contract.test.ts",
    title: "finds every session of an owner after a power cut",
  },
  {
    mistake: "a form is handled although its session could not be saved",
    file: "app/web/sessions/visitor-session.ts",
    from: "if (!this.isReading) await this.createOnce(state);",
    to: "if (!this.isReading) await this.showProblem(() => this.createOnce(state));",
    test: "test/web/sessions/sessions.test.ts",
    title: "handles no form without a stored session",
  },
  {
    mistake: "a restored conversation does not count as a change",
    file: "app/web/backend-client/cached-api.ts",
    from: "context.changes.add(relations[changes[id]]);",
    to: `if (id !== "restoreConversation") context.changes.add(relations[changes[id]]);`,
    test: "test/web/backend-client/api.test.ts",
    title: "shows a restored conversation at the session's next request",
  },
  {
    mistake: "a reply leaves the active reply index before it is a message",
    file: "app/backend/replies/outcome/publish.ts",
    from: `    if (!hasFailed) await repository.publishMessage(ref, final, end);
    const hasQueue`,
    to: `    await index.remove(ref);
    if (!hasFailed) await repository.publishMessage(ref, final, end);
    const hasQueue`,
    test: "test/backend/replies/publishing.test.ts",
    title: "keeps a reply in the active index until it is a message",
  },
  {
    mistake: "a retry that was removed from the index is not listed again",
    file: "app/backend/replies/outcome/publish.ts",
    from: "if (hasFailed) await addIfRetried(context, ref);",
    to: "if (hasFailed) void 0;",
    test: "test/backend/replies/publishing.test.ts",
    title:
      "lists a reply again that was retried before its failure left the active index",
  },
  {
    mistake: "the supervisor counts the time for which its process was frozen",
    file: "app/backend/replies/failover/lease.ts",
    from: "Math.min(now - before.inspectedAt, maxGapMs)",
    to: "now - before.inspectedAt",
    test: "test/backend/replies/supervision.test.ts",
    title: "takes no reply over because its own process was frozen for hours",
  },
  {
    mistake: "the assignment of monitors counts that time",
    file: "app/backend/replies/failover/monitor-assignment.ts",
    from: "Math.min(now - (this.seenAt ?? now), this.leaseMs / 2)",
    to: "now - (this.seenAt ?? now)",
    test: "test/backend/replies/monitor-assignment.test.ts",
    title: "keeps its monitors when the whole machine was suspended for hours",
  },
  {
    mistake: "a missing name is not looked for again in its folder",
    file: exclusiveFile,
    from: "await refresh(fileSystem, path.dirname(folder));",
    to: "",
    test: storageTest,
    title:
      "shows a versioned document to a process that remembers its name as missing",
    isOnlyExhaustive: true,
  },
  {
    mistake: "what a writer appends is not flushed",
    file: log,
    from: 'this.fileSystem.open(this.path(number), "wxs")',
    to: 'this.fileSystem.open(this.path(number), "wx")',
    test: "test/backend/replies/reply-log.test.ts",
    title: "keeps every flushed line of an epoch through any crash",
  },
  {
    mistake: "a reader ignores that an entry was created while it read",
    file: log,
    from: "if ((await this.latestEntry()) === latest) return snapshot;",
    to: `await this.latestEntry();
      return snapshot;`,
    test: replyLogTest,
    title: "every interleaving of a reader of files beside a takeover",
    isOnlyExhaustive: true,
  },
  {
    mistake: "a missing folder is looked for again, but not its parents",
    file: exclusiveFile,
    from: `  await refresh(fileSystem, parent);
  await opens(fileSystem, folder);`,
    to: "  await opens(fileSystem, folder);",
    test: storageTest,
    title:
      "shows a versioned document to a process that remembers its name as missing",
    isOnlyExhaustive: true,
  },
  {
    mistake:
      "a new entry without a header does not count as contesting the old one",
    file: log,
    from: `      latestEntry,
      isHandedOver: isHandover(last),`,
    to: `      latestEntry: current.currentEntry,
      isHandedOver: isHandover(last),`,
    test: replyLogTest,
    title: "every interleaving of a reader of files beside a takeover",
  },
  {
    mistake: "the entry before one without a header is skipped, too",
    file: log,
    from: `        number -= 1;
        continue;`,
    to: `        number -= 2;
        continue;`,
    test: replyLogTest,
    title: "every interleaving of a writer and a process that takes over",
  },
  {
    mistake: "a reader lists twice before it reads, not before and after",
    file: log,
    from: `      const snapshot = await this.readUpTo(latest, from);
      // Without a snapshot the first entry has no header yet.
      if ((await this.latestEntry()) === latest) return snapshot;`,
    to: `      const isNewest = (await this.latestEntry()) === latest;
      const snapshot = await this.readUpTo(latest, from);
      if (isNewest) return snapshot;`,
    test: replyLogTest,
    title: "every interleaving of a reader of files beside a takeover",
    isOnlyExhaustive: true,
  },
];
