import { writeFileSync } from "node:fs";
import { describeApi } from "../../app/backend/routes/openapi";

/** Writes the API's description to a file. */
const [file = "openapi.json"] = process.argv.slice(2);
writeFileSync(file, `${JSON.stringify(describeApi(), null, 2)}\n`);
