import type { Translation } from "../translation";
import type { links as english } from "../en/links";

export const links: Translation<typeof english, "de"> = {
  "options.share": "Teilen …",
  "share.title": "Teilen",
  "share.hint":
    "Wer den Link hat, kann den Titel und die Nachrichten dieser Unterhaltung so lesen, wie sie jetzt sind, mit ihren Dateien und den Namen der Modelle. Spätere Nachrichten, frühere Versionen, Gedankengänge, fehlgeschlagene Antworten, Anweisungen und Ihr Name werden nicht gezeigt.",
  "share.deletedHint":
    "Wenn Sie eine Nachricht löschen, verschwindet sie aus dem Link. Wenn Sie die Unterhaltung löschen, endet der Link, bis Sie sie wiederherstellen.",
  "share.create": "Link erstellen",
  "share.links": "Links zu dieser Unterhaltung",
  "share.none": "Keine Links.",
  "share.all": "Geteilte Links",
  "share.allHint":
    "Wer einen Link hat, kann lesen, was er zeigt, bis Sie ihn widerrufen.",
  "share.made": "Link erstellt.",
  "share.revoked": "Der Link wurde widerrufen. Niemand kann ihn mehr öffnen.",
  "share.copy": "Link kopieren",
  "share.revoke": "Widerrufen",
  "share.count": { one: "{count} Nachricht", other: "{count} Nachrichten" },
  "shared.author": "Verfasser",
  "shared.note": "Nur zum Lesen, Stand vom {date}.",
  "shared.missing": "Link nicht gefunden",
  "shared.missingHint": "Diesen Link gibt es nicht, oder er wurde widerrufen.",
  "problem.notFound.link":
    "Diesen Link gibt es nicht, oder er wurde widerrufen.",
  "problem.rate.shared": {
    one: "Von Ihrer Netzwerkadresse wurden zu viele geteilte Seiten und Dateien geöffnet. Warten Sie {count} Sekunde, und versuchen Sie es dann erneut.",
    other:
      "Von Ihrer Netzwerkadresse wurden zu viele geteilte Seiten und Dateien geöffnet. Warten Sie {count} Sekunden, und versuchen Sie es dann erneut.",
  },
  "problem.links.limit":
    "Sie haben {limit} geteilte Links, mehr sind nicht möglich. Widerrufen Sie einen, den Sie nicht brauchen.",
  "problem.links.revokedMany":
    "Sie haben heute viele Links widerrufen. Teilen Sie morgen wieder.",
  "problem.links.nothing":
    "Es gibt keine Nachricht zum Teilen. Senden Sie zuerst eine.",
  "problem.links.revoked":
    "Dieser Link wurde widerrufen. Laden Sie die Seite neu, und teilen Sie noch einmal.",
};
