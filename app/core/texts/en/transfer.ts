/** Texts of exports and imports. */
export const transfer = {
  "export.as": "Download as",
  "export.hint":
    "JSON has your instructions, saved prompts and projects, your conversations with all versions of their messages, and the names of their files: it can be imported again. Markdown and HTML are for reading, and have the newest version of each conversation. Pictures are in the HTML file alone. Conversations that you deleted are not included.",
  "export.exported": "Exported from Keepsake, {time}",
} as const;
