import type { Translation } from "../translation";
import type { transfer as english } from "../en/transfer";

export const transfer: Translation<typeof english, "de"> = {
  "export.as": "Herunterladen als",
  "export.hint":
    "JSON enthält Ihre Anweisungen, gespeicherten Prompts und Projekte, Ihre Unterhaltungen mit allen Versionen ihrer Nachrichten und die Namen ihrer Dateien: Es kann wieder importiert werden. Markdown und HTML sind zum Lesen und enthalten die neueste Version jeder Unterhaltung. Bilder stehen nur in der HTML-Datei. Gelöschte Unterhaltungen sind nicht dabei.",
  "export.unfinished": "Diese Antwort wurde noch geschrieben.",
  "export.exported": "Exportiert aus Keepsake, {time}",
  "import.title": "Import",
  "import.from":
    "Aus Keepsake: eine JSON-Datei, die hier heruntergeladen wurde. Aus ChatGPT: Entpacken Sie das Archiv Ihrer Daten, und wählen Sie darin conversations.json.",
  "import.limits":
    "Höchstens {megabytes} MB, die innerhalb von {minutes} Minuten ankommen müssen. Eine Unterhaltung darf {conversationMegabytes} MB haben.",
  "import.open": "Unterhaltungen importieren …",
  "import.file": "Datei",
  "import.begin": "Importieren",
  "import.sending": "Die Datei wird gesendet.",
  "import.list": "Importe der letzten {days} Tage",
  "import.progress": "{done} von {total} Unterhaltungen",
  "import.closing":
    "Sie können diese Seite schließen. Der Import wartet dann und geht weiter, wenn Sie ihn unter „Ihre Daten“ wieder öffnen.",
  "import.imported": {
    one: "{count} Unterhaltung wurde importiert.",
    other: "{count} Unterhaltungen wurden importiert.",
  },
  "import.skipped": {
    one: "{count} wurde ausgelassen.",
    other: "{count} wurden ausgelassen.",
  },
  "import.leftOut": "Ausgelassen",
  "import.more": {
    one: "Und {count} weitere.",
    other: "Und {count} weitere.",
  },
  "import.continue": "Weiter",
  "import.show": "Unterhaltungen anzeigen",
  "import.remove": "Diesen Bericht entfernen",
  "import.cancel": "Import abbrechen",
  "import.problem": "Der Import wartet. Versuchen Sie es gleich noch einmal.",
  "import.problem.limit":
    "Sie haben die Grenze dessen erreicht, was Sie speichern dürfen. Löschen Sie Unterhaltungen, die Sie nicht mehr brauchen, und setzen Sie den Import dann fort.",
  "import.problem.fileGone":
    "Die Datei ist nicht mehr da. Wählen Sie sie noch einmal: Was schon importiert wurde, wird erkannt.",
  "import.left.invalid": "Das ist keine Unterhaltung.",
  "import.left.empty": "Sie hat keine Nachrichten.",
  "import.left.tooLong": "Sie ist zu lang.",
  "import.left.here": "Sie haben sie bereits.",
  "import.left.deleted": "Sie hatten sie bereits und haben sie gelöscht.",
  "import.left.files": "Ohne ihre Dateien.",
  "import.left.versions": "Ohne ihre ältesten Versionen.",
  "import.left.cutTexts": "Mit gekürzten Texten.",
  "problem.notFound.import":
    "Diesen Import gibt es nicht, oder er gehört nicht Ihnen.",
  "problem.import.unknown":
    "Die Datei enthält keine lesbaren Unterhaltungen. Wählen Sie eine JSON-Datei von Keepsake oder die Datei conversations.json von ChatGPT.",
  "problem.import.early":
    "Die Datei endet zu früh. Exportieren Sie sie noch einmal, und importieren Sie diese.",
  "problem.import.none":
    "Die Datei enthält keine Unterhaltungen. Wählen Sie eine andere.",
  "problem.import.archive":
    "Die Datei ist ein Archiv. Entpacken Sie es, und wählen Sie darin die Datei conversations.json.",
  "problem.import.many": {
    one: "Die Datei hat mehr als {count} Unterhaltung. Teilen Sie sie, und importieren Sie die Teile.",
    other:
      "Die Datei hat mehr als {count} Unterhaltungen. Teilen Sie sie, und importieren Sie die Teile.",
  },
  "problem.import.tooLarge":
    "Eine Datei zum Importieren darf {megabytes} MB haben. Teilen Sie sie, und importieren Sie die Teile.",
  "problem.import.unfinished":
    "Eine andere Datei wird gerade importiert. Warten Sie, bis das fertig ist, oder brechen Sie es ab.",
  "problem.import.noFile":
    "Es wurde keine Datei gewählt. Gehen Sie zurück, und wählen Sie eine.",
};
