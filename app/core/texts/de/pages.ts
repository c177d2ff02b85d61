import type { Translation } from "../translation";
import type { pages as english } from "../en/pages";

export const pages: Translation<typeof english, "de"> = {
  "list.untitled": "Ohne Titel",
  "list.none": "Noch keine Unterhaltungen.",
  "list.older": "Ältere",
  "project.group":
    "Fassen Sie Unterhaltungen zusammen, und geben Sie ihnen gemeinsame Anweisungen.",
  "project.label": "Projekt",
  "project.name": "Name",
  "project.instructions": "Anweisungen",
  "project.instructionsHint": "Anweisungen für jede Antwort (optional)",
  "project.instructionsHintNew":
    "Anweisungen für jede Antwort in diesem Projekt (optional)",
  "project.create": "Projekt anlegen",
  "project.deleteTitle": "Löschen",
  "project.deleteHint": "Seine Unterhaltungen bleiben erhalten, ohne Projekt.",
  "project.delete": "Projekt löschen",
  "project.none":
    "Noch keine Unterhaltungen. Ihre nächste Nachricht beginnt eine in diesem Projekt.",
  "usage.none": "Noch keine Nutzung.",
  "usage.model": "Modell",
  "usage.messages": "Nachrichten",
  "usage.inputTokens": "Eingabe-Token",
  "usage.outputTokens": "Ausgabe-Token",
  "search.label": "Unterhaltungen durchsuchen",
  "search.for": "Suchen nach",
  "search.none":
    "Keine Treffer für „{query}“. Versuchen Sie es mit weniger oder anderen Wörtern.",
  "search.incomplete":
    "Nur die neuesten Nachrichten wurden durchsucht. Seltenere Wörter finden auch ältere.",
  "search.hint":
    "Durchsuchen Sie die Titel und Nachrichten Ihrer Unterhaltungen.",
  "settings.theme": "Farben",
  "settings.themeSystem": "Wie im System",
  "settings.themeLight": "Hell",
  "settings.themeDark": "Dunkel",
  "settings.language": "Sprache",
  "settings.languageBrowser": "Wie im Browser",
  "settings.enter": "Eingabetaste",
  "settings.enterSends": "Sendet die Nachricht",
  "settings.enterNewline": "Beginnt eine neue Zeile; Strg+Eingabe sendet",
  "settings.model": "Modell neuer Unterhaltungen",
  "settings.modelLast": "Das zuletzt benutzte",
  "settings.hint":
    "Farben, Sprache und Eingabetaste gelten für diesen Browser, das Modell für diese Sitzung. Auf einem Touchscreen beginnt die Eingabetaste immer eine neue Zeile.",
  "data.storage": "Speicher",
  "data.conversations": "Unterhaltungen",
  "data.messages": "Nachrichten und Dateien",
  "data.download": "Herunterladen",
  "data.downloadAll": "Alle meine Daten herunterladen",
  "data.downloadFirst": "Zuerst alle meine Daten herunterladen",
  "data.delete": "Löschen",
  "data.deleteHint":
    "Löscht alle Unterhaltungen, Projekte, Anweisungen und gespeicherten Prompts endgültig und beendet Ihre Sitzung.",
  "data.deleteHintPerson":
    "Löscht alle Unterhaltungen, Projekte, Anweisungen und gespeicherten Prompts endgültig und beendet Ihre Sitzungen auf allen Geräten.",
  "data.deleteAll": "Alle meine Daten löschen",
  "data.deleteAllMore": "Alle meine Daten löschen …",
  "data.deleteConfirm":
    "Alle Ihre Unterhaltungen, Projekte, Anweisungen und gespeicherten Prompts werden gelöscht, und laufende Antworten werden angehalten. Ihre Sitzung endet. Das kann nicht rückgängig gemacht werden.",
  "data.deleteConfirmPerson":
    "Alle Ihre Unterhaltungen, Projekte, Anweisungen und gespeicherten Prompts werden gelöscht, und laufende Antworten werden angehalten. Sie werden auf allen Geräten abgemeldet. Das kann nicht rückgängig gemacht werden.",
  "data.deleted":
    "Ihre Unterhaltungen, Projekte, Anweisungen und gespeicherten Prompts wurden gelöscht, und Ihre Sitzung ist beendet.",
  "data.startNew": "Neue Unterhaltung beginnen",
  "signOut.provider": "Auch beim Anmeldedienst abmelden",
  "signOut.everywhere":
    "Sie sind auf allen Geräten von Keepsake abgemeldet. Ein Gerät, das noch beim Anmeldedienst angemeldet ist, kann eine neue Sitzung beginnen: Melden Sie sich auch dort ab.",
  "signOut.here": "Sie sind in diesem Browser von Keepsake abgemeldet.",
  "signOut.signIn": "Wieder anmelden",
  "problem.requestId": "Anfragenummer für den Support: {id}",
};
