import type { Quotas } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { Locale } from "../../core/texts/locale";

/** The share of a limit from which every page says so. */
const NOTICE_FROM = 0.9;

const MEGABYTE = 1024 ** 2;

const megabytes = (bytes: number) =>
  sentence("size.megabytes", { number: Math.ceil(bytes / MEGABYTE) });

/** The storage that the visitor uses, as their page shows it. */
export const viewQuotas = (
  locale: Locale,
  { conversations, bytes }: Quotas,
) => ({
  conversations: locale.t("quota.of", conversations),
  text: locale.t("quota.of", {
    used: megabytes(bytes.used),
    limit: megabytes(bytes.limit),
  }),
});

/** A sentence for visitors who come near a limit. Every page asks, so that numbers are written only then. */
export function limitNotice(
  locale: Locale,
  quotas: Quotas | undefined,
): string | undefined {
  if (quotas && isNear(quotas.conversations)) {
    const part = viewQuotas(locale, quotas).conversations;
    return locale.t("quota.conversations", { part });
  }
  if (quotas && isNear(quotas.bytes)) {
    const part = viewQuotas(locale, quotas).text;
    return locale.t("quota.bytes", { part });
  }
  return undefined;
}

const isNear = ({ used, limit }: Quotas["bytes"]) =>
  used >= NOTICE_FROM * limit;
