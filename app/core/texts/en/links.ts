/** Texts of shared links: to create them, and as their visitors see them. */
export const links = {
  "options.share": "Share…",
  "share.title": "Share",
  "share.hint":
    "Anyone who has the link can read the title and the messages of this conversation as they are now, with their files and the names of the models. Later messages, earlier versions, reasoning, failed replies, instructions and your name are not shown.",
  "share.deletedHint":
    "Deleting a message takes it out of the link, and deleting the conversation ends the link, until you restore it.",
  "share.create": "Create link",
  "share.links": "Links to this conversation",
  "share.none": "No links.",
  "share.all": "Shared links",
  "share.allHint":
    "Anyone who has a link can read what it shows, until you revoke it.",
  "share.made": "Link created.",
  "share.revoked": "The link was revoked. Nobody can open it any more.",
  "share.copy": "Copy link",
  "share.revoke": "Revoke",
  "share.count": { one: "{count} message", other: "{count} messages" },
  "shared.author": "Author",
  "shared.note": "Read-only, as it was on {date}.",
  "shared.missing": "Link not found",
  "shared.missingHint": "This link does not exist, or it was revoked.",
  "problem.notFound.link": "This link does not exist, or it was revoked.",
  "problem.rate.shared": {
    one: "Too many shared pages and files were opened from your network address. Wait {count} second, then try again.",
    other:
      "Too many shared pages and files were opened from your network address. Wait {count} seconds, then try again.",
  },
  "problem.links.limit":
    "You have {limit} shared links, which is the limit. Revoke one that you don’t need.",
  "problem.links.revokedMany":
    "You have revoked many links today. Share again tomorrow.",
  "problem.links.nothing": "There is no message to share. Send one first.",
  "problem.links.revoked":
    "This link was revoked. Reload the page, and share again.",
} as const;
