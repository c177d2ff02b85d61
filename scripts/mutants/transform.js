// Jest's transform: makes the mistake of the running mutant when its file is loaded.
const { createHash } = require("node:crypto");
const path = require("node:path");
const { createTransformer } = require("@swc/jest");

const root = path.join(__dirname, "../..");

/** The source with the running mutant's mistake, if it is in this file. */
function mutated(source, file) {
  const mutant = JSON.parse(process.env.KEEPSAKE_MUTANT ?? "null");
  if (!mutant || path.relative(root, file) !== mutant.file) return source;
  const bytes = Buffer.from(source);
  return Buffer.concat([
    bytes.subarray(0, mutant.start),
    Buffer.from(mutant.replacement),
    bytes.subarray(mutant.end),
  ]).toString();
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
