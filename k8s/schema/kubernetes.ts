import { z } from "zod";
import { droppedFields } from "../constructs/emit";

const isObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A structure in Kubernetes' own shape. Its values are for the API server to validate; fields that
 * the typed class would drop are faults here.
 *
 * @param toJson The function that writes this structure in a manifest.
 */
export const kubernetes = <T extends object>(
  kind: string,
  toJson: (value: T | undefined) => unknown,
) =>
  z
    .custom<T>(isObject, {
      abort: true,
      message: `must be an object: Kubernetes' ${kind}`,
    })
    .superRefine((value, context) => {
      for (const path of unknownFields(value, toJson)) {
        const message = path
          ? `is not a field of Kubernetes' ${kind}. Remove it or correct its name`
          : `must have the shape of Kubernetes' ${kind}`;
        context.addIssue({ code: "custom", path: keys(path), message });
      }
    });

/** Paths of fields that the output lacks; the empty path if the value has another shape. */
function unknownFields<T extends object>(
  value: T,
  toJson: (value: T | undefined) => unknown,
): string[] {
  try {
    return droppedFields(value, toJson(value));
  } catch {
    return [""];
  }
}

const keys = (path: string) =>
  path
    .replaceAll(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter(Boolean);

const LABEL_KEY =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const labelValue = z
  .string("must be a text, in quotes")
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
    'must be a label\'s value: up to 63 letters, digits, "-", "_" and "."',
  );

/** The reason why a name is reserved for the charts, with the field to use instead. */
export type Reserved = (name: string) => string | undefined;

const names = (reserved: Reserved) => (map: Record<string, string>) =>
  Object.keys(map).flatMap((name) => {
    const remedy = reserved(name);
    if (remedy) return [{ name, message: `can't be set here: ${remedy}` }];
    return LABEL_KEY.test(name)
      ? []
      : [{ name, message: "must have a valid name, such as example.com/team" }];
  });

function namedValues(value: z.ZodType<string, string>, reserved: Reserved) {
  const faults = names(reserved);
  return z
    .record(z.string(), value)
    .default({})
    .superRefine((map, context) => {
      for (const { name, message } of faults(map))
        context.addIssue({ code: "custom", path: [name], message });
    });
}

const none: Reserved = () => undefined;

export const labelMap = (reserved = none) => namedValues(labelValue, reserved);

export const annotationMap = (reserved = none) =>
  namedValues(z.string("must be a text, in quotes"), reserved);
