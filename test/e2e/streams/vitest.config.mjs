/* For the official conformance suite alone; our own tests are jest's. */
export default { test: { include: ["conformance.suite.mjs"], watch: false } };
