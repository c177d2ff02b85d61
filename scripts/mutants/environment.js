// Reports the first failed test at once: the mistake is noticed, and the parent ends this process.
const path = require("node:path");
const { TestEnvironment } = require("jest-environment-node");

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = path.relative(config.projectConfig.rootDir, context.testPath);
  }

  handleTestEvent(event) {
    if (event.name !== "test_done" || event.test.errors.length === 0) return;
    process.send({ ran: 1, failed: `${this.file}: ${event.test.name}` });
  }
};
