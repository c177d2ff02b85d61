const small =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

const words = new Map<string, number>([
  ...small.map((word, value) => [word, value] as const),
  ...tens.map((word, index) => [word, (index + 2) * 10] as const),
  ["dozen", 12],
]);

const multiples = new Map([
  ["hundred", 100],
  ["thousand", 1_000],
]);

const numberWord = [...words.keys(), ...multiples.keys()].join("|");

/** Source of a pattern for one number: `500`, `2,000`, `2k`, `five hundred`, `a dozen`. */
export const numberSource = String.raw`\d[\d,_']*k?|(?:an? )?(?:${numberWord})(?:[ -](?:and )?(?:${numberWord}))*`;

/** The value of what {@link numberSource} matched. */
export function numberOf(text: string): number {
  const digits = /^(\d[\d,_']*)(k?)$/i.exec(text);
  if (digits) {
    const value = Number(digits[1]!.replaceAll(/[,_']/g, ""));
    return digits[2] === "" ? value : value * 1_000;
  }
  let total = 0;
  let part = 0;
  for (const word of text.split(/[ -]/)) {
    const times = multiples.get(word);
    if (times === undefined) part += words.get(word) ?? 0;
    else if (times === 1_000) {
      total += Math.max(part, 1) * times;
      part = 0;
    } else part = Math.max(part, 1) * times;
  }
  return total + part;
}
