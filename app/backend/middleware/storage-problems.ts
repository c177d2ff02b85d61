import { VisibleError } from "../../core/domain/errors";
import {
  type StorageProblem,
  storageProblemOf,
} from "../../core/storage/storage-problem";

/**
 * What a client may be told of an error of the file system.
 *
 * @returns `undefined` if it is no such error, or one that says nothing to anybody.
 */
export function toStorageProblem(error: unknown): VisibleError | undefined {
  // What says itself what to do knows better.
  if (error instanceof VisibleError) return undefined;
  const problem = storageProblemOf(error);
  if (!problem) return undefined;
  return new VisibleError(problem.status, messageFor(problem), {
    cause: error,
  });
}

const messageFor = ({ status, reason, advice }: StorageProblem) =>
  status === 507
    ? `This could not be saved: ${reason}. What was saved before is kept. ${advice}`
    : `At the moment ${reason}. What was saved before is kept. ${advice}`;
