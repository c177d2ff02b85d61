import { logStart } from "../../../app/backend/replies/log/offset";
import {
  createPeerClient,
  PeerGoneError,
} from "../../../app/backend/replies/writing/peer-client";
import { neverAborts, ref, directory, useDirectory } from "./processes";
import { scriptedModels } from "./scripted-models";
import { serveProcess, TOKEN } from "./servers";
import { waitFor } from "../../support/wait-for";

useDirectory();

const peersOf = () =>
  createPeerClient({ token: () => Promise.resolve(TOKEN), silenceMs: 60_000 });

/** Says a word, and then nothing. */
const stalled = scriptedModels(() => ["So ", () => new Promise(Boolean)]);

async function owner() {
  const served = await serveProcess(directory, stalled.models);
  await served.replies.start(ref);
  await waitFor(() => served.replies.epochOf(ref) !== undefined);
  const reading = await served.replies.committed(ref).read(logStart);
  if (reading?.currentHeader.kind !== "epoch") throw new Error("It has ended.");
  return { served, epoch: reading.currentHeader };
}

describe("a process at the address of a reply's owner", () => {
  it("confirms that it writes the reply if it is the owner", async () => {
    const { served, epoch } = await owner();
    const peers = peersOf();
    expect(await peers.isWriting(epoch, ref)).toBe(true);
    await peers.close();
    await served.kill();
  });

  it("reports that the owner is gone if it was started in its place", async () => {
    const { served, epoch } = await owner();
    const peers = peersOf();
    const before = { ...epoch, process: "its predecessor" };
    expect(await peers.isWriting(before, ref)).toBe(false);
    await expect(peers.stop(before, ref)).rejects.toThrow(PeerGoneError);
    const from = { entry: 1, bytes: 0 };
    const lines = peers.followLive(before, ref, from, neverAborts);
    await expect(lines.next()).rejects.toThrow(PeerGoneError);
    expect(served.replies.epochOf(ref)).toBeDefined();
    await peers.close();
    await served.kill();
  });
});
