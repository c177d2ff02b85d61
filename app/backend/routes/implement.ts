import type Router from "@koa/router";
import type { Middleware, ParameterizedContext } from "koa";
import type { z } from "zod";
import type { Operation } from "../../core/api/operation";
import { type OperationId, operations } from "../../core/api/operations";
import type { BackendState } from "../backend-state";
import { validate } from "../middleware/validate";

export type BackendRouter = Router<BackendState>;

/** Set by {@link validate}. */
interface OperationState<O extends Operation> extends BackendState {
  input: {
    params: z.output<O["params"]>;
    query: z.output<O["query"]>;
    body: z.output<O["body"]>;
  };
  /** The idempotency key. */
  key?: string;
}

/** Sets the answer as the context's body. */
type Handler<O extends Operation> = (
  ctx: ParameterizedContext<
    OperationState<O>,
    unknown,
    z.input<O["answer"]> | null
  >,
) => Promise<void>;

/** Serves an operation at the path of its description. */
export function implement<I extends OperationId>(
  router: BackendRouter,
  id: I,
  handler: Handler<(typeof operations)[I]>,
): void {
  const { method, path }: Operation = operations[id];
  const route = path.replaceAll(/\{(\w+)\}/g, ":$1");
  router[method](route, validate(id), handler as unknown as Middleware);
}
