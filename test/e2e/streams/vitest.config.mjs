/* For the official conformance suite alone; all other tests use jest. */
export default {
  test: {
    include: ["conformance.suite.mjs"],
    watch: false,
    // A property test makes hundreds of requests, which a busy machine slows down.
    testTimeout: 60_000,
  },
};
