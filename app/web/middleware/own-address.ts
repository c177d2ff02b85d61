/**
 * The requested URL as a link to this host: `//host/…` and `/\host/…` would lead to another one.
 */
export const ownAddress = (url: string): string => url.replace(/^[/\\]*/, "/");
