/** Texts of exports and imports. */
export const transfer = {
  "export.as": "Download as",
  "export.hint":
    "JSON has your instructions, saved prompts and projects, your conversations with all versions of their messages, and the names of their files: it can be imported again. Markdown and HTML are for reading, and have the newest version of each conversation. Pictures are in the HTML file alone. Conversations that you deleted are not included.",
  "export.unfinished": "This reply was still being written.",
  "export.exported": "Exported from Keepsake, {time}",
  "import.title": "Import",
  "import.from":
    "From Keepsake: a JSON file that was downloaded here. From ChatGPT: unpack the archive of your data, and choose conversations.json in it.",
  "import.limits":
    "At most {megabytes} MB, which must arrive within {minutes} minutes. A conversation may have {conversationMegabytes} MB.",
  "import.open": "Import conversations…",
  "import.file": "File",
  "import.begin": "Import",
  "import.sending": "The file is being sent.",
  "import.list": "Imports of the last {days} days",
  "import.progress": "{done} of {total} conversations",
  "import.closing":
    "You can close this page. The import then waits, and goes on when you open it again in Your data.",
  "import.imported": {
    one: "{count} conversation was imported.",
    other: "{count} conversations were imported.",
  },
  "import.skipped": {
    one: "{count} was left out.",
    other: "{count} were left out.",
  },
  "import.leftOut": "Left out",
  "import.more": {
    one: "And {count} more.",
    other: "And {count} more.",
  },
  "import.continue": "Continue",
  "import.show": "Show conversations",
  "import.remove": "Remove this report",
  "import.cancel": "Cancel import",
  "import.problem": "The import waits. Try again in a moment.",
  "import.problem.limit":
    "You have reached the limit of what you may store. Delete conversations that you no longer need, then continue.",
  "import.problem.fileGone":
    "The file is no longer there. Choose it again: what was imported before is recognised.",
  "import.left.invalid": "It is not a conversation.",
  "import.left.empty": "It has no messages.",
  "import.left.tooLong": "It is too long.",
  "import.left.here": "You have it already.",
  "import.left.deleted": "You had it already, and deleted it.",
  "import.left.files": "Without its files.",
  "import.left.versions": "Without its oldest versions.",
  "import.left.cutTexts": "With shortened texts.",
  "problem.notFound.import": "This import does not exist, or it is not yours.",
  "problem.import.unknown":
    "The file has no conversations that can be read. Choose a JSON file of Keepsake, or the file conversations.json of ChatGPT.",
  "problem.import.early":
    "The file ends early. Export it again, then import that.",
  "problem.import.none": "The file has no conversations. Choose another one.",
  "problem.import.archive":
    "The file is an archive. Unpack it, and choose the file conversations.json in it.",
  "problem.import.many": {
    one: "The file has more than {count} conversation. Split it, then import its parts.",
    other:
      "The file has more than {count} conversations. Split it, then import its parts.",
  },
  "problem.import.tooLarge":
    "A file to import may have {megabytes} MB. Split it, then import its parts.",
  "problem.import.unfinished":
    "Another file is being imported. Wait until that is done, or cancel it.",
  "problem.import.noFile": "No file was chosen. Go back, and choose one.",
} as const;
