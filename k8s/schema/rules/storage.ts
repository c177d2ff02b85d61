import { z } from "zod";
import { rule } from "./rule";

const accessPointsDiffer = rule(
  z.object({
    storage: z.object({ sessions: z.string(), records: z.string() }),
  }),
  ({ storage: { sessions, records } }) =>
    sessions !== records
      ? []
      : [
          {
            path: "storage.records",
            value: records,
            message:
              "must be another access point than storage.sessions: web may not see the records. Make a second one",
          },
        ],
);

export const storageRules = [accessPointsDiffer];
