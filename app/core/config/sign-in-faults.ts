/** Settings that are checked together; absent and invalid ones are `undefined`. */
export interface SignInChoice {
  SIGN_IN_LOAD_BALANCER?: string[] | undefined;
  SIGN_IN_CLIENT_ID?: string[] | undefined;
  SIGN_IN_ISSUER?: string | undefined;
}

const NAMES = [
  "SIGN_IN_LOAD_BALANCER",
  "SIGN_IN_CLIENT_ID",
  "SIGN_IN_ISSUER",
] as const;

/** A token proves nothing before all three are checked. Without any, visitors are anonymous. */
export function signInFaults(choice: SignInChoice): Map<string, string> {
  const isSet = (name: (typeof NAMES)[number]) => choice[name] !== undefined;
  const named = NAMES.filter(isSet);
  if (named.length === 0) return new Map();
  return new Map(
    NAMES.filter((name) => !isSet(name)).map((name) => [
      name,
      `${name} must be set with ${named.join(" and ")}: an identity token counts only if load balancer, client and issuer are the right ones.`,
    ]),
  );
}
