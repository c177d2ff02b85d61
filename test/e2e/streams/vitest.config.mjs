/* For the official conformance suite alone; our own tests are jest's. */
export default {
  test: {
    include: ["conformance.suite.mjs"],
    watch: false,
    // Each of its properties is hundreds of requests, and machines may be busy.
    testTimeout: 60_000,
  },
};
