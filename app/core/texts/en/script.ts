/** Texts of the browser's script. */
export const script = {
  "script.notice": "Notice",
  "script.copied": "Copied",
  "script.selected": "Selected",
  "script.reconnected": "Reconnected.",
  "script.theModel": "The model",
  "script.writing": "{author} is writing.",
  "script.failed": "{author} could not finish the reply. {reason}",
  "script.stopped": "{author} was stopped.",
  "script.replied": "{author} replied: {text}",
  "script.hasReplied": "{author} has replied.",
  "script.unreachable":
    "Keepsake is unreachable. Your message is still here: send it again in a moment.",
  "script.unreachableNow": "Keepsake is unreachable. Try again in a moment.",
  "mark.queued": { one: "{count} queued", other: "{count} queued" },
  "mark.newReply": "new reply",
  "mark.replying": "replying",
  "size.bytes": "{number} B",
  "size.kilobytes": "{number} KB",
  "size.megabytes": "{number} MB",
  "problem.messageTooLong":
    "The message is too long: it has {size}, and the limit is {limit}. Shorten it, or send it in parts.",
  "upload.tooMany": {
    one: "A message can have one file. Remove this one.",
    other: "A message can have {count} files. Remove this one.",
  },
  "upload.tooLarge": "Too large: a file may have {limit}. Remove this one.",
  "upload.remove": "Remove",
  "upload.removeFile": "Remove {name}",
  "upload.uploading": "Uploading {name}",
  "upload.connectionLost":
    "The connection was lost. Remove the file, and attach it again.",
  "upload.failed": "The file could not be sent. Try again.",
  "upload.attached": "{name} is attached.",
  "upload.removeFirst":
    "Remove the file that could not be sent, then send the message.",
  "upload.waiting": "The message is sent when its files have arrived.",
} as const;
