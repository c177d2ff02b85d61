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
              "must not be the access point of storage.sessions: web must not see the records. Create a second one",
          },
        ],
);

export const storageRules = [accessPointsDiffer];
