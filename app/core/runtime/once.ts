/**
 * A function of things that never change, which works out each one's result once, for as long as
 * the thing is in memory.
 */
export function once<A extends object, B>(
  work: (given: A) => B,
): (given: A) => B {
  const known = new WeakMap<A, { result: B }>();
  return (given) => {
    let found = known.get(given);
    if (!found) known.set(given, (found = { result: work(given) }));
    return found.result;
  };
}
