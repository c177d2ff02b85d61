/** Computes a function's result once for each object, which must not change. */
export function memoize<A extends object, B>(
  compute: (argument: A) => B,
): (argument: A) => B {
  const results = new WeakMap<A, { result: B }>();
  return (argument) => {
    let found = results.get(argument);
    if (!found) results.set(argument, (found = { result: compute(argument) }));
    return found.result;
  };
}
