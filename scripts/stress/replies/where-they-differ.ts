/** Describes the first difference between two texts. */
export function whereTheyDiffer(text: string, wanted: string): string {
  let at = 0;
  while (at < wanted.length && text[at] === wanted[at]) at++;
  const [is, should] = [text, wanted].map((one) =>
    JSON.stringify(one.slice(at, at + 80)),
  );
  return `from ${at} on (of ${text.length} and ${wanted.length}) ${is}, not ${should}`;
}
