/**
 * Tells the parent process, if it opened an IPC channel, the port that this process listens on.
 * Shuts down when the parent is gone, since nothing else would stop this process.
 */
export function notifyParentProcess(port: number): void {
  if (!process.send) return;
  process.send({ port });
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
