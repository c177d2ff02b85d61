import { z } from "zod";
import type { ZodOpenApiOverrideMetaContext } from "zod-openapi";
import { Id } from "../domain/records";

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

/** The length of a page in a list. */
export const count = (byDefault: number, max: number) =>
  integer(1, max)
    .optional()
    .transform((value) => value ?? byDefault);

export const none = z.object({});
export const empty = z.undefined();

export const byId = z.object({ id: Id });
