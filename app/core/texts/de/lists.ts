import type { Translation } from "../translation";
import type { lists as english } from "../en/lists";

export const lists: Translation<typeof english, "de"> = {
  "list.pinned": "Angeheftet",
  "list.archive": "Archiv",
  "list.bin": "Papierkorb",
  "list.label": "Listen",
  "list.noneArchived":
    "Keine archivierten Unterhaltungen. Archivieren Sie, was nicht mehr in Ihren Listen stehen soll: Die Suche findet es weiterhin.",
  "side.all": "Alle Unterhaltungen",
  "action.pin": "Anheften",
  "action.unpin": "Lösen",
  "action.archive": "Archivieren",
  "action.unarchive": "Aus dem Archiv holen",
  "action.restore": "Wiederherstellen",
  "action.purge": "Endgültig löschen",
  "action.purgeMore": "Endgültig löschen …",
  "select.row": "{title} auswählen",
  "select.all": "Alle auswählen",
  "select.label": "Ausgewählte Unterhaltungen",
  "select.noProject": "Kein Projekt",
  "select.sure": "Das kann nicht rückgängig gemacht werden.",
  "select.count": { one: "{count} ausgewählt", other: "{count} ausgewählt" },
  "done.pin": {
    one: "{count} Unterhaltung angeheftet.",
    other: "{count} Unterhaltungen angeheftet.",
  },
  "done.unpin": {
    one: "{count} Unterhaltung gelöst.",
    other: "{count} Unterhaltungen gelöst.",
  },
  "done.archive": {
    one: "{count} Unterhaltung archiviert.",
    other: "{count} Unterhaltungen archiviert.",
  },
  "done.unarchive": {
    one: "{count} Unterhaltung aus dem Archiv geholt.",
    other: "{count} Unterhaltungen aus dem Archiv geholt.",
  },
  "done.delete": {
    one: "{count} Unterhaltung gelöscht.",
    other: "{count} Unterhaltungen gelöscht.",
  },
  "done.restore": {
    one: "{count} Unterhaltung wiederhergestellt.",
    other: "{count} Unterhaltungen wiederhergestellt.",
  },
  "done.purge": {
    one: "{count} Unterhaltung endgültig gelöscht.",
    other: "{count} Unterhaltungen endgültig gelöscht.",
  },
  "done.move": {
    one: "{count} Unterhaltung verschoben.",
    other: "{count} Unterhaltungen verschoben.",
  },
  "done.failed": {
    one: "{count} Unterhaltung nicht: {reason}",
    other: "{count} Unterhaltungen nicht: {reason}",
  },
  "done.noTime": "Die Zeit reichte nicht. Wählen Sie sie noch einmal aus.",
  "done.more":
    "Es sind noch welche übrig. Leeren Sie den Papierkorb noch einmal.",
  "bin.hint":
    "Gelöschte Unterhaltungen können bis zu der angegebenen Zeit wiederhergestellt werden. Danach, oder wenn Sie eine endgültig löschen, kann sie weder geöffnet noch wiederhergestellt werden, und binnen zwei Tagen wird sie vom Datenträger entfernt.",
  "bin.deleted": "Gelöscht:",
  "bin.until": "Wiederherstellbar bis:",
  "bin.none": "Der Papierkorb ist leer.",
  "bin.empty": "Papierkorb leeren",
  "bin.emptyMore": "Papierkorb leeren …",
  "bin.emptyHint":
    "Löscht alle Unterhaltungen im Papierkorb endgültig. Das kann nicht rückgängig gemacht werden.",
  "bin.here": "Diese Unterhaltung ist im Papierkorb.",
  "bin.open": "Papierkorb öffnen",
  "chat.archived":
    "Diese Unterhaltung ist archiviert. Ihre nächste Nachricht holt sie aus dem Archiv.",
  "search.filters": "Filter",
  "search.titles": "Nur Titel",
  "search.any": "Beliebig",
  "search.from": "Geschrieben ab",
  "search.to": "Geschrieben bis",
  "search.withArchived": "Einbezogen",
  "search.withoutArchived": "Ausgenommen",
  "search.onlyArchived": "Nur Archiviertes",
  "search.archived": "Archiviert",
  "search.utc": "Tage sind in UTC angegeben.",
  "search.filtersHint":
    "Ohne Wörter listet die Suche alle Unterhaltungen auf, die zu den Filtern passen. Titel sind die von Unterhaltungen, die an diesen Tagen benutzt wurden.",
  "search.noneFiltered": "Keine Unterhaltung passt zu den Filtern.",
  "search.moreFiltered": "Es gibt noch mehr. Engere Filter finden sie.",
  "search.hits": "Treffer in dieser Nachricht",
  "search.badDay":
    "Ein Tag wird als 2026-01-31 geschrieben. Gehen Sie zurück, und ändern Sie ihn.",
};
