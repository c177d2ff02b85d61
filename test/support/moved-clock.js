// Loaded into a process before anything else: its parent moves its clock by a message. Moves `Date`
// alone: timers, `performance.now()` and the file system's clock go on as before.
const RealDate = Date;
let movedMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + movedMs);
    else super(...given);
  }
  static now() {
    return RealDate.now() + movedMs;
  }
};

process.on("message", ({ moveClockMs }) => {
  movedMs += moveClockMs;
  process.send({ movedMs });
});
process.channel.unref();
