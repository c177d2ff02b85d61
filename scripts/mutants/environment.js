// Reports the first failed test at once: the mistake is noticed, and the parent ends this process.
// A test that exceeds its time on a busy machine is no proof, so the other tests go on after it.
const path = require("node:path");
const { TestEnvironment } = require("jest-environment-node");

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = path.relative(config.projectConfig.rootDir, context.testPath);
  }

  handleTestEvent(event) {
    if (event.name !== "test_done" || event.test.errors.length === 0) return;
    if (event.test.errors.every(isTimeout)) return;
    process.send({ ran: 1, failed: `${this.file}: ${event.test.name}` });
  }
};

/** Jest gives an error, or a pair of what was thrown and where. */
const isTimeout = (error) =>
  /Exceeded timeout of/.test(
    [error].flat().map((part) => part?.message ?? part),
  );
