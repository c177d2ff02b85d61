/** Describes the first difference between two texts. */
export function firstDifference(text: string, expected: string): string {
  let at = 0;
  while (at < expected.length && text[at] === expected[at]) at++;
  const [actual, wanted] = [text, expected].map((whole) =>
    JSON.stringify(whole.slice(at, at + 80)),
  );
  return `at ${at} (of ${text.length} and ${expected.length}) ${actual}, not ${wanted}`;
}
