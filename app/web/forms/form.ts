/** For several fields of one name, the last that is not empty. */
export type Form = ReadonlyMap<string, string>;
