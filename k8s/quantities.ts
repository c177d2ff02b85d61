const UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** "1Gi" → 1073741824; NaN without a binary unit. */
export function bytes(quantity: string): number {
  const [, size, unit] = /^(.*)(Ki|Mi|Gi|Ti)$/.exec(quantity) ?? [];
  return Number(size) * UNITS[(unit ?? "Ki") as keyof typeof UNITS];
}

/** A quantity in MiB, rounded up: "1Gi" → 1024. */
export const mebi = (quantity: string) => Math.ceil(bytes(quantity) / UNITS.Mi);

/** "100m" → 100. */
export const milli = (cpu: string) => Number.parseInt(cpu, 10);
