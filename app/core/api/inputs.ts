import { z } from "zod";
import type { ZodOpenApiOverrideMetaContext } from "zod-openapi";
import { Id } from "../domain/records";

/** A whole number in a URL. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, "is not a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({
      override: ({ jsonSchema }: ZodOpenApiOverrideMetaContext) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, {
          type: "integer",
          minimum: min,
          maximum: max,
        });
      },
    });

/** How many of a list are asked for. */
export const count = (standard: number, max: number) =>
  integer(1, max)
    .optional()
    .transform((given) => given ?? standard);

/** Nothing in the path, or in the query. */
export const none = z.object({});
/** No body. */
export const empty = z.undefined();

export const byId = z.object({ id: Id });
