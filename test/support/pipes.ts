import { execFileSync } from "node:child_process";
import { constants, openSync, closeSync } from "node:fs";

/**
 * Makes a file whose opening hangs, thread and all, as on a network file system without its
 * server: a pipe that nobody writes to.
 */
export function makeHangingFile(file: string): void {
  execFileSync("mkfifo", [file]);
}

/** Lets one reader go on, who finds the file empty. */
export function releaseReader(file: string): void {
  closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK));
}
