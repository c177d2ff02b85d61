import { cleanText, cleanTime, cleanTitle } from "./clean";
import {
  BranchCount,
  type ImportedConversation,
  type ImportedTurn,
  type Leftover,
} from "./conversation";

/* A conversation of ChatGPT's export: a tree of nodes, of which each may have a message. */

/** What other programs write is not certain: each field is looked at before it is used. */
type Unknown = Readonly<Record<string, unknown>>;

/**
 * Nodes of a conversation, and bounds of the work for it: its threads share their beginnings, so a node can be
 * in many of them.
 */
const MAX_NODES = 20_000;
const MAX_STEPS = 400_000;
/** Characters of all turns but those of the current thread: versions of a turn repeat what they share. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

interface Node {
  /** Names it: an id of the file can be as long as the file. */
  index: number;
  /** The nodes of its path, itself included. */
  depth: number;
  parent: Node | undefined;
  children: Node[];
  message: NodeMessage | undefined;
}

interface NodeMessage {
  role: "user" | "assistant";
  text: string;
  reasoning: string;
  at: string | undefined;
  model: string;
}

/** @returns `undefined` if it is no such conversation. */
export function readChatGpt(
  data: Unknown,
  now: Date,
): ImportedConversation | Leftover | undefined {
  const { mapping } = data;
  if (!isRecord(mapping)) return undefined;
  const entries = Object.entries(mapping);
  if (entries.length > MAX_NODES) return "tooLong";
  const left = new Set<Leftover>();
  const nodes = link(entries, new MessageReader(now, left));
  const turns = toTurns(nodes, data.current_node, timesOf(data, now), left);
  if (turns === "tooLong") return turns;
  if (turns.length === 0) return "empty";
  const { createdAt } = timesOf(data, now);
  const last = turns.at(-1)?.reply.at ?? createdAt;
  return {
    title: cleanTitle(data.title),
    maxTokens: null,
    temperature: null,
    settings: {},
    createdAt,
    updatedAt: timeOf(data.update_time, now) ?? last,
    isPinned: data.is_starred === true,
    isArchived: data.is_archived === true,
    turns,
    left: [...left],
  };
}

const timesOf = (data: Unknown, now: Date) => {
  const at = timeOf(data.create_time, now) ?? timeOf(data.update_time, now);
  return { createdAt: at ?? now.toISOString() };
};

/** Times are seconds since 1970, with a fraction. */
const timeOf = (seconds: unknown, now: Date): string | undefined =>
  typeof seconds === "number" ? cleanTime(seconds * 1000, now) : undefined;

function isRecord(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The nodes by id. The parents alone decide who follows whom, so that no cycle is ever entered. */
function link(
  entries: [string, unknown][],
  reader: MessageReader,
): Map<string, Node> {
  const nodes = new Map<string, Node>();
  for (const [index, [id, raw]] of entries.entries()) {
    const message = isRecord(raw) ? reader.read(raw.message) : undefined;
    nodes.set(id, {
      index,
      depth: 1,
      parent: undefined,
      children: [],
      message,
    });
  }
  for (const [id, raw] of entries) {
    const node = nodes.get(id);
    const parent = isRecord(raw) ? nodeOf(nodes, raw.parent) : undefined;
    if (!node || !parent || parent === node) continue;
    node.parent = parent;
    parent.children.push(node);
  }
  return nodes;
}

const nodeOf = (
  nodes: ReadonlyMap<string, Node>,
  id: unknown,
): Node | undefined => (typeof id === "string" ? nodes.get(id) : undefined);

/** Reads the message of a node; `undefined` for one that ChatGPT does not show as text either. */
class MessageReader {
  constructor(
    private readonly now: Date,
    private readonly left: Set<Leftover>,
  ) {}

  read(message: unknown): NodeMessage | undefined {
    if (!isRecord(message) || !isRecord(message.content)) return undefined;
    const { author, metadata, recipient, content } = message;
    const role = isRecord(author) ? author.role : undefined;
    if (role !== "user" && role !== "assistant") return undefined;
    const about = isRecord(metadata) ? metadata : {};
    if (about.is_visually_hidden_from_conversation === true) return undefined;
    // A call of a tool.
    if (typeof recipient === "string" && recipient !== "all") return undefined;
    const onCut = () => void this.left.add("cutTexts");
    const text = cleanText(this.textOf(content), onCut);
    const reasoning = cleanText(reasoningOf(content), onCut);
    if (text.trim() === "" && reasoning === "") return undefined;
    return {
      role,
      text,
      reasoning,
      at: timeOf(message.create_time, this.now),
      model: cleanTitle(about.model_slug).slice(0, 100),
    };
  }

  private textOf(content: Unknown): string {
    const { content_type: type, parts, text, language } = content;
    if (type === "code" && typeof text === "string") {
      const name = typeof language === "string" ? language : "";
      return `\`\`\`${/^[\w+#.-]{1,30}$/.exec(name)?.[0] ?? ""}\n${text}\n\`\`\``;
    }
    if (type !== "text" && type !== "multimodal_text") return "";
    const all = Array.isArray(parts) ? (parts as unknown[]) : [];
    return withoutCitations(
      all
        .map((part) => this.textOfPart(part))
        .filter((part) => part.trim() !== "")
        .join("\n\n"),
    );
  }

  private textOfPart(part: unknown): string {
    if (typeof part === "string") return part;
    if (!isRecord(part)) return "";
    if (typeof part.text === "string") return part.text;
    this.left.add("files");
    return "";
  }
}

/** The thoughts of a model that reasons. */
function reasoningOf({ content_type: type, thoughts }: Unknown): string {
  if (type !== "thoughts" || !Array.isArray(thoughts)) return "";
  return (thoughts as unknown[])
    .filter(isRecord)
    .map(({ content }) => (typeof content === "string" ? content : ""))
    .join("\n\n");
}

/** Citations are private characters around a reference that means nothing elsewhere, or brackets like 【3†source】. */
const withoutCitations = (text: string): string =>
  text
    .replaceAll(/\ue200[^\ue200\ue201]{0,2000}\ue201/g, "")
    .replaceAll(/[\ue200-\ue20f]/g, "")
    .replaceAll(/【\d{1,5}(?::\d{1,5})?†[^【】]{0,200}】/g, "");

/** The turns of all threads, those of the current one last. */
function toTurns(
  nodes: ReadonlyMap<string, Node>,
  current: unknown,
  { createdAt }: { createdAt: string },
  left: Set<Leftover>,
): ImportedTurn[] | "tooLong" {
  const reached = reachable(nodes);
  const end = nodeOf(nodes, current);
  const leaves = reached.filter((node) => node.children.length === 0);
  const last = end && reached.includes(end) ? end : leaves.at(-1);
  const ends = [
    ...leaves.filter((leaf) => leaf !== last),
    ...(last ? [last] : []),
  ];
  const tree = new TurnBuilder(createdAt);
  let steps = 0;
  for (const leaf of ends) {
    const isLast = leaf === last;
    steps += leaf.depth;
    const hasTime = isLast || steps <= MAX_STEPS;
    if (!hasTime || !tree.add(pathTo(leaf), isLast)) left.add("versions");
  }
  return tree.turns;
}

/** The nodes below the roots, parents first. Those of a cycle are below none. */
function reachable(nodes: ReadonlyMap<string, Node>): Node[] {
  const found: Node[] = [];
  const waiting = [...nodes.values()].filter(({ parent }) => !parent);
  for (let node = waiting.shift(); node; node = waiting.pop()) {
    found.push(node);
    for (const child of node.children) child.depth = node.depth + 1;
    waiting.push(...node.children.toReversed());
  }
  return found;
}

function pathTo(leaf: Node): Node[] {
  const path: Node[] = [];
  for (let node: Node | undefined = leaf; node; node = node.parent) {
    path.push(node);
  }
  return path.toReversed();
}

/** Joins neighbours of one role into turns, and threads that begin alike into one tree. */
class TurnBuilder {
  readonly turns: ImportedTurn[] = [];
  private readonly known = new Map<
    ImportedTurn | undefined,
    Map<string, ImportedTurn>
  >();
  private readonly branches = new BranchCount();
  private characters = 0;

  constructor(private readonly createdAt: string) {}

  /** @returns False if a turn had no room. */
  add(path: readonly Node[], isLast: boolean): boolean {
    let after: ImportedTurn | undefined;
    for (const group of groupsOf(path)) {
      const turn =
        this.siblingsAfter(after).get(keyOf(group)) ??
        this.addTurn(group, after, isLast);
      if (!turn) return false;
      after = turn;
    }
    return true;
  }

  /** @returns `undefined` if there is no room, which the last thread always has. */
  private addTurn(
    group: readonly Node[],
    after: ImportedTurn | undefined,
    isLast: boolean,
  ): ImportedTurn | undefined {
    const siblings = this.siblingsAfter(after);
    const characters = charactersOf(group);
    // Looked at before the turn is made, which copies its texts.
    const hasRoom =
      (siblings.size === 0 || this.branches.hasRoom(after)) &&
      this.characters + characters <= MAX_CHARACTERS;
    if (!hasRoom && !isLast) return undefined;
    const turn = toTurn(group, after, this.createdAt);
    siblings.set(keyOf(group), turn);
    this.characters += characters;
    this.branches.add(turn);
    this.turns.push(turn);
    return turn;
  }

  private siblingsAfter(
    after: ImportedTurn | undefined,
  ): Map<string, ImportedTurn> {
    const siblings = this.known.get(after) ?? new Map<string, ImportedTurn>();
    this.known.set(after, siblings);
    return siblings;
  }
}

const keyOf = (group: readonly Node[]): string =>
  group.map(({ index }) => index).join();

const charactersOf = (group: readonly Node[]): number =>
  group.reduce(
    (sum, { message }) =>
      sum + (message ? message.text.length + message.reasoning.length : 0),
    0,
  );

/** The nodes of each turn: those of prompts, and then those of answers. */
function groupsOf(path: readonly Node[]): Node[][] {
  const groups: Node[][] = [];
  let before: NodeMessage["role"] | undefined;
  for (const node of path) {
    const { message } = node;
    if (!message) continue;
    if (message.role === "user" && before !== "user") groups.push([]);
    if (groups.length === 0) groups.push([]);
    groups.at(-1)?.push(node);
    before = message.role;
  }
  return groups;
}

/** The text of a turn's prompt that has none: a conversation can begin with an answer. */
const NO_PROMPT = "…";

function toTurn(
  group: readonly Node[],
  after: ImportedTurn | undefined,
  createdAt: string,
): ImportedTurn {
  const messages = group.flatMap(({ message }) => message ?? []);
  const prompts = messages.filter(({ role }) => role === "user");
  const replies = messages.filter(({ role }) => role === "assistant");
  const at = prompts.at(0)?.at ?? after?.reply.at ?? createdAt;
  const model = replies.findLast((one) => one.model !== "")?.model ?? "";
  const reasoning = join(replies.map((one) => one.reasoning));
  const text = join(replies.map((one) => one.text));
  return {
    prompt: { text: join(prompts.map((one) => one.text)) || NO_PROMPT, at },
    reply: {
      text,
      at: replies.at(-1)?.at ?? at,
      model,
      modelName: model || "ChatGPT",
      outcome: text === "" ? "stopped" : "complete",
      ...(reasoning !== "" && { reasoning }),
    },
    after,
  };
}

const join = (texts: readonly string[]): string =>
  texts.filter((text) => text.trim() !== "").join("\n\n");
