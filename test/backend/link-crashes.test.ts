import { createRecords } from "../../app/backend/create-records";
import { Links } from "../../app/backend/links/links";
import { SharedPages } from "../../app/backend/links/shared-pages";
import { VisibleError } from "../../app/core/domain/errors";
import type { SharedLink } from "../../app/core/domain/records";
import type { FileSystem } from "../../app/core/storage/file-system";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { noReplies } from "../support/no-replies";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
import { conversationsOn, MODEL } from "./memory-process";

const owner = "an owner";
const who = { owner, ownerHash: hashOf(owner) };
const folders = recordFoldersIn("/records");
const TEXT = "Not to be lost";

/** The links of a newly started process on a disk. */
function linksOn(fileSystem: FileSystem) {
  const files = createStorageContext({ fileSystem });
  const stored = createRecords({ files, folders, now: () => new Date() });
  const links = new Links(stored);
  return { links, sharedPages: new SharedPages({ ...stored, links }) };
}

async function converse(fileSystem: FileSystem): Promise<string> {
  const { prompts } = conversationsOn(fileSystem, () => noReplies);
  const given = { text: TEXT, model: MODEL };
  const { conversation } = await prompts.createConversation(
    who.ownerHash,
    given,
    "a-key",
  );
  return conversation.id;
}

const share = (fileSystem: FileSystem): Promise<SharedLink> =>
  linksOn(fileSystem).links.create(who, conversation, undefined, "key");

/** The texts that the link shows. A link is listed if it can be read, and only then. */
async function shown(fileSystem: FileSystem): Promise<string[]> {
  const { links, sharedPages } = linksOn(fileSystem);
  const listed = await links.list(who);
  const texts = await sharedPages
    .read(link.token, { limit: 10 })
    .then(({ messages }) => messages.map(({ text }) => text))
    .catch((error: unknown) => {
      if (error instanceof VisibleError && error.status === 404) return [];
      throw error;
    });
  expect(listed.map(({ id }) => id)).toEqual(texts.length ? [link.id] : []);
  return texts;
}

/** The same on each disk: their ids derive from the idempotency keys. */
let conversation: string;
let link: SharedLink;

beforeAll(async () => {
  const disk = new MemoryDisk();
  conversation = await converse(disk);
  link = await share(disk);
});

const creation = {
  prepare: converse,
  request: share,
  look: shown,
  whole: [TEXT],
};

const revocation = {
  prepare: async (disk: FileSystem) => {
    await converse(disk);
    await share(disk);
  },
  request: async (fileSystem: FileSystem) => {
    await linksOn(fileSystem).links.revoke(who.ownerHash, link.id);
    return true;
  },
  look: async (disk: FileSystem) =>
    (await shown(disk)).length > 0 ? [] : ["revoked"],
  whole: ["revoked"],
};

describe.each([
  ["shared", creation],
  ["revoked", revocation],
] as const)("a link that is being %s", (_, atomic) => {
  test.each(FAULT_KINDS)(
    "is whole or not there, and a repeated call completes it, whichever storage call is %s",
    async (kind) => {
      expect(await repeatAfterEachFault<string>(kind, atomic)).toBeGreaterThan(
        2,
      );
    },
  );

  test("is whole or not there after a power cut at any storage call", async () => {
    expect(await cutAfterEachCall<string>(atomic)).toBeGreaterThan(5);
  });

  test("survives a power cut after a repeated call whose first process died", async () => {
    const deaths = await resendAfterEachDeath({
      ...atomic,
      check: async (found) =>
        expect(await atomic.look(found)).toEqual(atomic.whole),
    });
    expect(deaths).toBeGreaterThan(5);
  });
});
