/** Texts of lists: pins, the archive, the bin, selected rows. */
export const lists = {
  "list.pinned": "Pinned",
  "list.archive": "Archive",
  "list.bin": "Bin",
  "list.label": "Lists",
  "list.noneArchived":
    "No archived conversations. Archive what you no longer need in your lists: a search still finds it.",
  "side.all": "All conversations",
  "action.pin": "Pin",
  "action.unpin": "Unpin",
  "action.archive": "Archive",
  "action.unarchive": "Unarchive",
  "action.restore": "Restore",
  "action.purge": "Delete permanently",
  "action.purgeMore": "Delete permanently…",
  "select.row": "Select {title}",
  "select.all": "Select all",
  "select.label": "Selected conversations",
  "select.noProject": "No project",
  "select.sure": "This can’t be undone.",
  "select.count": { one: "{count} selected", other: "{count} selected" },
  "done.pin": {
    one: "{count} conversation pinned.",
    other: "{count} conversations pinned.",
  },
  "done.unpin": {
    one: "{count} conversation unpinned.",
    other: "{count} conversations unpinned.",
  },
  "done.archive": {
    one: "{count} conversation archived.",
    other: "{count} conversations archived.",
  },
  "done.unarchive": {
    one: "{count} conversation taken out of the archive.",
    other: "{count} conversations taken out of the archive.",
  },
  "done.delete": {
    one: "{count} conversation deleted.",
    other: "{count} conversations deleted.",
  },
  "done.restore": {
    one: "{count} conversation restored.",
    other: "{count} conversations restored.",
  },
  "done.purge": {
    one: "{count} conversation deleted permanently.",
    other: "{count} conversations deleted permanently.",
  },
  "done.move": {
    one: "{count} conversation moved.",
    other: "{count} conversations moved.",
  },
  "done.failed": {
    one: "{count} conversation was not: {reason}",
    other: "{count} conversations were not: {reason}",
  },
  "done.noTime": "There was no time left. Select them again.",
  "done.more": "More are left. Empty the bin again.",
  "bin.hint":
    "Deleted conversations can be restored until the time beside each. After that, or when you delete one permanently, it can’t be opened or restored, and a daily sweep removes it from the disk within two days.",
  "bin.deleted": "Deleted:",
  "bin.until": "Can be restored until:",
  "bin.none": "The bin is empty.",
  "bin.empty": "Empty the bin",
  "bin.emptyMore": "Empty the bin…",
  "bin.emptyHint":
    "Deletes all conversations in the bin permanently. This can’t be undone.",
  "bin.here": "This conversation is in the bin.",
  "bin.open": "Open the bin",
  "chat.archived":
    "This conversation is archived. Your next message takes it out of the archive.",
  "search.filters": "Filters",
  "search.titles": "Titles only",
  "search.any": "Any",
  "search.from": "Written from",
  "search.to": "Written until",
  "search.withArchived": "Included",
  "search.withoutArchived": "Left out",
  "search.onlyArchived": "Only archived",
  "search.archived": "Archived",
  "search.utc": "Days are in UTC.",
  "search.filtersHint":
    "Without words, a search lists all conversations that match the filters. Titles are those of conversations that were used on these days.",
  "search.noneFiltered": "No conversation matches the filters.",
  "search.moreFiltered": "There are more. Narrow the filters to find them.",
  "search.hits": "Hits in this message",
  "search.badDay":
    "A day must be written as 2026-01-31. Go back and change it.",
} as const;
