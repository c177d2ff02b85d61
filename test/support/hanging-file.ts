import { execFileSync } from "node:child_process";
import { constants, openSync, closeSync } from "node:fs";

/**
 * Makes a file whose opening blocks its thread, as on a network file system without its server: a
 * pipe without a writer. Only opening it hangs. Cannot notice a listing or a flush without a
 * time-out: `bounded-file-system.test.ts` does.
 */
export function makeHangingFile(file: string): void {
  execFileSync("mkfifo", [file]);
}

/** Unblocks one reader, which finds the file empty. */
export function releaseReader(file: string): void {
  closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK));
}
