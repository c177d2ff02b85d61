import type { Translation } from "../translation";
import type { script as english } from "../en/script";

export const script: Translation<typeof english, "de"> = {
  "script.notice": "Hinweis",
  "script.copied": "Kopiert",
  "script.selected": "Ausgewählt",
  "script.reconnected": "Wieder verbunden.",
  "script.theModel": "Das Modell",
  "script.writing": "{author} schreibt.",
  "script.failed": "{author} konnte die Antwort nicht fertigstellen. {reason}",
  "script.stopped": "{author} wurde angehalten.",
  "script.replied": "{author} hat geantwortet: {text}",
  "script.hasReplied": "{author} hat geantwortet.",
  "script.unreachable":
    "Keepsake ist nicht erreichbar. Ihre Nachricht ist noch hier: Senden Sie sie gleich noch einmal.",
  "script.unreachableNow":
    "Keepsake ist nicht erreichbar. Versuchen Sie es gleich noch einmal.",
  "mark.queued": { one: "{count} wartet", other: "{count} warten" },
  "mark.newReply": "neue Antwort",
  "mark.replying": "antwortet",
  "size.bytes": "{number} B",
  "size.kilobytes": "{number} KB",
  "size.megabytes": "{number} MB",
  "problem.messageTooLong":
    "Die Nachricht ist zu lang: Sie hat {size}, erlaubt sind {limit}. Kürzen Sie sie, oder senden Sie sie in Teilen.",
  "upload.tooMany": {
    one: "Eine Nachricht kann eine Datei haben. Entfernen Sie diese.",
    other: "Eine Nachricht kann {count} Dateien haben. Entfernen Sie diese.",
  },
  "upload.tooLarge":
    "Zu groß: Eine Datei darf {limit} haben. Entfernen Sie diese.",
  "upload.remove": "Entfernen",
  "upload.removeFile": "{name} entfernen",
  "upload.uploading": "{name} wird hochgeladen",
  "upload.connectionLost":
    "Die Verbindung ist abgebrochen. Entfernen Sie die Datei, und hängen Sie sie noch einmal an.",
  "upload.failed":
    "Die Datei konnte nicht gesendet werden. Versuchen Sie es noch einmal.",
  "upload.attached": "{name} ist angehängt.",
  "upload.removeFirst":
    "Entfernen Sie die Datei, die nicht gesendet werden konnte. Senden Sie dann die Nachricht.",
  "upload.waiting":
    "Die Nachricht wird gesendet, wenn ihre Dateien angekommen sind.",
};
