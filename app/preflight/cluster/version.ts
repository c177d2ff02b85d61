/** The version in an image's tag: `…:v2.1.0-eksbuild.1` → [2, 1, 0]; `undefined` for a digest. */
export function versionOf(image: string): number[] | undefined {
  const match = /:v?(\d+)\.(\d+)(?:\.(\d+))?[^/]*$/.exec(
    image.replace(/@sha256:.*/, ""),
  );
  return match?.slice(1).map((part) => Number(part ?? 0));
}

export function isAtLeast(version: number[], wanted: number[]): boolean {
  for (const [place, number] of wanted.entries()) {
    const own = version[place] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}
