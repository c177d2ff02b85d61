/**
 * What a visitor asked for as a link that leads back here: `//host/…` and `/\host/…` would lead
 * to another host.
 */
export const ownAddress = (url: string): string => url.replace(/^[/\\]*/, "/");
