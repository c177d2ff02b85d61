// Jest's transform: makes the mistake of the running mutant when its file is loaded.
const { createHash } = require("node:crypto");
const path = require("node:path");
const { createTransformer } = require("@swc/jest");

const root = path.join(__dirname, "../..");

/** The text with the running mistake, if it is in this file. */
function mutated(source, file) {
  const running = JSON.parse(process.env.KEEPSAKE_MUTANT ?? "null");
  return running?.file === path.relative(root, file) ? running.text : source;
}

exports.createTransformer = (options) => {
  const inner = createTransformer(options);
  return {
    ...inner,
    process: (source, file, given) =>
      inner.process(mutated(source, file), file, given),
    // Without jest's configuration, which differs for each mutant.
    getCacheKey: (source, file) =>
      createHash("sha256")
        .update(JSON.stringify([options, file, mutated(source, file)]))
        .digest("hex"),
  };
};
