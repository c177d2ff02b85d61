import { VisibleError } from "../../core/domain/errors";
import { sentence } from "../../core/texts/catalogue";
import {
  type StorageProblem,
  storageProblemOf,
} from "../../core/storage/storage-problem";

/** An error of the file system as a client sees it; `undefined` for any other error. */
export function toStorageProblem(error: unknown): VisibleError | undefined {
  if (error instanceof VisibleError) return undefined;
  const problem = storageProblemOf(error);
  if (!problem) return undefined;
  return new VisibleError(problem.status, messageFor(problem), {
    cause: error,
  });
}

const messageFor = ({ status, reason, advice }: StorageProblem) =>
  status === 507
    ? sentence("problem.notSaved", { reason, advice })
    : sentence("problem.storage", { reason, advice });
