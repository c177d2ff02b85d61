import type { Quotas } from "../../core/domain/records";

/** The share of a limit from which every page says so. */
const NOTICE_FROM = 0.9;

const count = new Intl.NumberFormat("en");
const MEGABYTE = 1024 ** 2;

const megabytes = (bytes: number) =>
  `${count.format(Math.ceil(bytes / MEGABYTE))} MB`;

/** The storage that the visitor uses, as their page shows it. */
export const viewQuotas = ({ conversations, bytes }: Quotas) => ({
  conversations: `${count.format(conversations.used)} of ${count.format(conversations.limit)}`,
  text: `${megabytes(bytes.used)} of ${megabytes(bytes.limit)}`,
});

/** A sentence for visitors who come near a limit. Every page asks, so that numbers are written only then. */
export function limitNotice(quotas: Quotas | undefined): string | undefined {
  if (quotas && isNear(quotas.conversations)) {
    return `You have used ${viewQuotas(quotas).conversations} conversations. Delete those that you no longer need.`;
  }
  if (quotas && isNear(quotas.bytes)) {
    return `You have used ${viewQuotas(quotas).text} for messages and files. Delete conversations that you no longer need.`;
  }
  return undefined;
}

const isNear = ({ used, limit }: Quotas["bytes"]) =>
  used >= NOTICE_FROM * limit;
