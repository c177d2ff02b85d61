import type { Middleware } from "koa";
import { STATUS_CODES } from "node:http";
import { z } from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from "zod-openapi";
import type { Operation } from "../../core/api/operation";
import { operations } from "../../core/api/operations";
import { CallHeaders, problems, TagHeader } from "./describe-call";
import { filePaths } from "./describe-files";
import { uploadImport } from "./describe-imports";
import { readReply } from "./describe-reply";

const WITH_BODY = [413, 415];

const KeyHeader = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({ description: "A repeated key has no further effect." }),
});

/** The API's description, made of the schemas that validate requests and answers. */
export function describeApi() {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Keepsake's internal API",
      version: "1.0.0",
      description:
        "The API that web calls: conversations, projects and replies, each owner's apart. Errors are problem details (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This backend" }],
    tags: [
      {
        name: "Conversations",
        description: "Conversations and their messages.",
      },
      { name: "Replies", description: "Replies while they are being written." },
      { name: "Files", description: "Files of messages." },
      { name: "Links", description: "Read-only links to threads." },
      { name: "Imports", description: "Imports of exported conversations." },
      { name: "Projects", description: "Groups of conversations." },
      { name: "Models", description: "The models that can be chosen." },
      { name: "Search", description: "Search in titles and messages." },
      { name: "Owner", description: "Everything that an owner stores." },
    ],
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "`INTERNAL_TOKEN`.",
        },
      },
    },
    paths: paths(),
  });
}

function paths(): ZodOpenApiPathsObject {
  const found: ZodOpenApiPathsObject = {};
  for (const [id, operation] of Object.entries(operations)) {
    found[operation.path] = {
      ...found[operation.path],
      [operation.method]: describe(id, operation),
    };
  }
  return {
    ...found,
    ...readReply,
    ...filePaths,
    "/v1/imports": { ...found["/v1/imports"], ...uploadImport },
  };
}

function describe(id: string, operation: Operation): ZodOpenApiOperationObject {
  const { tag, summary, params, query, body } = operation;
  const hasBody = !(body instanceof z.ZodUndefined);
  return {
    operationId: id,
    tags: [tag],
    summary,
    requestParams: {
      path: params as z.ZodObject,
      query: query as z.ZodObject,
      header: headersOf(operation),
    },
    ...(hasBody && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: body } },
      },
    }),
    responses: responsesOf(operation, hasBody),
  };
}

function headersOf({ repeatable, method }: Operation): z.ZodObject {
  const { shape } = CallHeaders;
  if (repeatable === "keyed") return z.object({ ...shape, ...KeyHeader.shape });
  if (method === "get") return z.object({ ...shape, ...TagHeader.shape });
  return CallHeaders;
}

function responsesOf(
  { status, answer, errors, method }: Operation,
  hasBody: boolean,
): ZodOpenApiResponsesObject {
  return {
    [`${status}` as const]: {
      description: STATUS_CODES[status] ?? "Success",
      ...(status !== 204 && {
        content: { "application/json": { schema: answer } },
      }),
    },
    ...(method === "get" && {
      "304": { description: "Not modified" },
    }),
    ...problems([...errors, ...(hasBody ? WITH_BODY : [])]),
  };
}

/** Needs no token: the description holds no secret. */
export function serveOpenApi(): Middleware {
  const text = JSON.stringify(describeApi());
  return async (ctx, next) => {
    if (ctx.path === "/openapi.json") {
      ctx.body = text;
      ctx.type = "application/json";
    } else {
      await next();
    }
  };
}
