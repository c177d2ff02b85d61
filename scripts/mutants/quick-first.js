// Runs the quickest test files first: most mistakes are noticed by one of them.
const { default: Sequencer } = require("@jest/test-sequencer");

module.exports = class extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- jest's method, which makes a new list
    return super.sort(tests).toReversed();
  }
};
