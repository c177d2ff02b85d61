import { z } from "zod";
import { cidr, dnsLabel } from "./fields";
import { labelMap } from "./kubernetes";

/** The other side of network traffic: an address block, or pods of a namespace. */
const fields = {
  cidr: cidr.optional(),
  namespace: dnsLabel
    .optional()
    .describe("in place of cidr: pods of this namespace"),
  podLabels: labelMap().describe("of those pods; by default all of them"),
};

const isOneOf = ({ cidr: block, namespace }: Place) =>
  (block === undefined) !== (namespace === undefined);

/** @param extra Further fields, such as a port. */
export const place = <E extends z.ZodRawShape>(extra: E, message: string) =>
  z
    .strictObject({ ...fields, ...extra })
    .refine((value) => isOneOf(value as unknown as Place), message);

export interface Place {
  cidr?: string | undefined;
  namespace?: string | undefined;
  podLabels: Record<string, string>;
}
