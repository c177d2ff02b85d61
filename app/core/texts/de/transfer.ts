import type { Translation } from "../translation";
import type { transfer as english } from "../en/transfer";

export const transfer: Translation<typeof english, "de"> = {
  "export.as": "Herunterladen als",
  "export.hint":
    "JSON enthält Ihre Anweisungen, gespeicherten Prompts und Projekte, Ihre Unterhaltungen mit allen Fassungen ihrer Nachrichten und die Namen ihrer Dateien: Es kann wieder importiert werden. Markdown und HTML sind zum Lesen und enthalten die neueste Fassung jeder Unterhaltung. Bilder stehen nur in der HTML-Datei. Gelöschte Unterhaltungen sind nicht dabei.",
  "export.exported": "Exportiert aus Keepsake, {time}",
};
