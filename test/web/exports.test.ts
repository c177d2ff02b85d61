import { english } from "../../app/core/texts/locale";
import { limits } from "../../app/core/domain/records";
import type { ConnectedApi } from "../../app/web/backend-client/api";
import { exportJson } from "../../app/web/pages/exports/export-json";
import { exportMarkdown } from "../../app/web/pages/exports/export-markdown";
import { connectApi, request } from "../support/connect-api";
import { upload } from "../support/upload";
import {
  backend,
  createConversation,
  sendMessage,
  useBackend,
  whenAnswered,
} from "../support/fixtures";

useBackend();

const OWNER = "ada";
const TURNS = 15;
let api: ConnectedApi;
let id: string;
const { pageCharacters } = limits;

beforeAll(async () => {
  api = connectApi(backend.url);
  ({
    conversation: { id },
  } = await createConversation(OWNER, { text: "Turn 1" }));
  for (let turn = 2; turn <= TURNS; turn++) {
    await whenAnswered(OWNER, id);
    await sendMessage(OWNER, id, { text: `Turn ${turn}${" long".repeat(30)}` });
  }
  await whenAnswered(OWNER, id);
});

afterEach(() => Object.assign(limits, { pageCharacters }));
afterAll(() => api.close());

async function read(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

const turns = Array.from({ length: TURNS }, (_, index) => index + 1);

describe.each([1, 300, 2_000, pageCharacters])(
  "with pages of %i characters",
  (characters) => {
    beforeEach(() => Object.assign(limits, { pageCharacters: characters }));

    test("the Markdown of a conversation has each message once, in order", async () => {
      const text = await read(
        exportMarkdown({ api, context: request(OWNER), ids: [id] }, english),
      );
      const found = [...text.matchAll(/^Turn (\d+)/gm)].map(([, n]) => +n!);
      expect(found).toEqual(turns);
      expect(text.match(/^## Eliza$/gm)).toHaveLength(TURNS);
    });

    test("the data of a visitor has each message once, in order", async () => {
      const text = await read(
        exportJson({ api, context: request(OWNER) }, new Date()),
      );
      const { conversations } = JSON.parse(text) as {
        conversations: { messages: { number: number }[] }[];
      };
      const numbers = conversations[0]?.messages.map(({ number }) => number);
      expect(numbers).toEqual(
        turns.flatMap((turn) => [2 * turn - 1, 2 * turn]),
      );
    });

    test("a page that is continued from a known one has whole turns, up to the end", async () => {
      const options = { limit: 40, thread: 0 };
      const versions: Record<string, number> = {};
      await api.readConversation(request(OWNER, versions), id, options);
      versions["conversation"] = 1;
      const page = await api.readConversation(
        request(OWNER, versions),
        id,
        options,
      );
      const numbers = page.messages.map(({ number }) => number);
      const first = numbers[0] ?? 0;
      expect(first % 2).toBe(1);
      expect(numbers).toEqual(
        Array.from({ length: 2 * TURNS - first + 1 }, (_, n) => first + n),
      );
    });
  },
);

test("the exports name the files of each message", async () => {
  const owner = "grace";
  const name = "<a>[b](c).txt";
  const { file } = await upload(backend, "Some notes", { owner, name });
  const { conversation } = await createConversation(owner, {
    text: "See this",
    files: [file.id],
  });
  await whenAnswered(owner, conversation.id);
  const markdown = await read(
    exportMarkdown(
      { api, context: request(owner), ids: [conversation.id] },
      english,
    ),
  );
  expect(markdown).toContain(
    "\n## You\n\nSee this\n\n- \\<a\\>\\[b\\](c).txt (text/plain, 10 bytes)\n\n## Eliza\n",
  );
  const data = await read(
    exportJson({ api, context: request(owner) }, new Date()),
  );
  const href = `/conversations/${conversation.id}/files/${file.id}`;
  expect(JSON.parse(data)).toMatchObject({
    conversations: [{ messages: [{ files: [{ ...file, href }] }, {}] }],
  });
});
