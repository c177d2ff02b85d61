import path from "node:path";
import { errorCode } from "../../runtime/errors";
import { createMarker, removeMarker } from "../marker-file";
import type { FileSystem } from "../file-system";

/** Proof that a process lives: a count that grows while it does. */
export interface Heartbeat {
  process: string;
  count: number;
}

const nameOf = ({ process, count }: Heartbeat) => `beat.${process}.${count}`;

export function parseHeartbeat(name: string): Heartbeat | undefined {
  const match = /^beat\.([\w-]{12})\.(\d{1,15})$/.exec(name);
  if (!match?.[1]) return undefined;
  return { process: match[1], count: Number(match[2]) };
}

/** The heartbeats of all backends: empty files whose names hold the process and its count. */
export class HeartbeatDirectory {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  /** Replaces the process's heartbeat before this one. */
  async write(heartbeat: Heartbeat): Promise<void> {
    const before = { ...heartbeat, count: heartbeat.count - 1 };
    try {
      await this.fileSystem.rename(this.fileOf(before), this.fileOf(heartbeat));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      // The first one, or other processes took this one for dead and removed it.
      await createMarker(this.fileSystem, this.fileOf(heartbeat));
    }
  }

  remove(heartbeat: Heartbeat): Promise<void> {
    return removeMarker(this.fileSystem, this.fileOf(heartbeat));
  }

  private fileOf(heartbeat: Heartbeat): string {
    return path.join(this.folder, nameOf(heartbeat));
  }
}
