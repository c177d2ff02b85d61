/** The path of every cookie: other applications on the same host don't receive them. */
export const cookiePath = ({ state }: { state: { base?: unknown } }): string =>
  `${typeof state.base === "string" ? state.base : ""}/`;
