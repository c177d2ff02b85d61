/** The size of a file as a visitor reads it: `12 B`, `340 KB` or `1.2 MB`, rounded up. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Math.ceil((bytes / 1024 ** 2) * 10) / 10} MB`;
}
