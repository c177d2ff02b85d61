import type { Translation } from "../translation";
import type { limits as english } from "../en/limits";

export const limits: Translation<typeof english, "de"> = {
  "problem.limit.conversations":
    "Sie haben die Grenze von {limit} Unterhaltungen erreicht. Löschen Sie Unterhaltungen, die Sie nicht mehr brauchen, und senden Sie Ihre Nachricht dann noch einmal.",
  "problem.limit.message":
    "Sie haben die Grenze von {megabytes} MB für Nachrichten und Dateien erreicht. Löschen Sie Unterhaltungen, die Sie nicht mehr brauchen, und senden Sie Ihre Nachricht dann noch einmal.",
  "problem.limit.file":
    "Sie haben die Grenze von {megabytes} MB für Nachrichten und Dateien erreicht. Löschen Sie Unterhaltungen, die Sie nicht mehr brauchen, und senden Sie die Datei dann noch einmal.",
  "problem.limit.savedPrompts":
    "Sie können {limit} Prompts speichern. Löschen Sie einen, den Sie nicht mehr brauchen.",
  "problem.limit.savedPromptBytes":
    "Ihre gespeicherten Prompts dürfen zusammen {kilobytes} KB haben. Löschen oder kürzen Sie einige.",
  "problem.limit.instructions":
    "Die Anweisungen dürfen {kilobytes} KB haben. Kürzen Sie sie.",
  "problem.limit.text": "Der Text darf {kilobytes} KB haben. Kürzen Sie ihn.",
  "problem.limit.projectInstructions":
    "Die Anweisungen sind länger als {bytes} Byte. Kürzen Sie sie.",
};
