// Prints the image's bill of materials (CycloneDX) as npm makes it from the production dependencies,
// without the random serial number and the current time, which would change the image.
const { execFileSync } = require("node:child_process");

const text = execFileSync(
  "npm",
  ["sbom", "--package-lock-only", "--omit=dev", "--sbom-format=cyclonedx"],
  { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
const sbom = JSON.parse(text);
delete sbom.serialNumber;
const epochSeconds = Number(process.env.SOURCE_DATE_EPOCH ?? 0);
sbom.metadata.timestamp = new Date(epochSeconds * 1000).toISOString();
console.log(JSON.stringify(sbom, null, 1));
