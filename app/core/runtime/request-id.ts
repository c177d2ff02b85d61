import { randomUUID } from "node:crypto";

/** What load balancers send, too: an ALB's begins with `Root=`. */
const REQUEST_ID = /^[\w.:=-]{1,128}$/;

/**
 * The id that a request has in the logs of every process that it comes through.
 *
 * @param given The header `x-request-id`, empty where there is none.
 */
export const requestIdOf = (given: string): string =>
  REQUEST_ID.test(given) ? given : randomUUID();
