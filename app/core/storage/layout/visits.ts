/*
 * The last visit of an anonymous owner: an empty file in the owner's folder `visits`, named by the
 * day. An owner without such a folder signs in, or was made by an earlier version: it is never
 * removed. A sweep marks an owner that it is going to remove by another file there.
 */

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The name of the mark: unless a visit follows, a later sweep removes the owner. */
export const ABANDONED = "abandoned";

/** The name of a visit marker. */
export const visitOn = (day: Date): string => day.toISOString().slice(0, 10);

export const isVisit = (name: string): boolean => DAY.test(name);
