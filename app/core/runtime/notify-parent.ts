/**
 * Tells the process that started this one, if it asked for that by a channel, at which port this
 * one answers from now on; and ends in order when that one is gone, who would have ended it.
 */
export function tellStarter(port: number): void {
  if (!process.send) return;
  process.send({ port });
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
