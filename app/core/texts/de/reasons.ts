import type { Translation } from "../translation";
import type { reasons as english } from "../en/reasons";

export const reasons: Translation<typeof english, "de"> = {
  "reason.filtered":
    "Ein Inhaltsfilter hat diese oder eine frühere Nachricht blockiert. Bearbeiten Sie Ihre Nachricht, beginnen Sie eine neue Unterhaltung, oder wählen Sie ein anderes Modell.",
  "reason.interrupted":
    "Die Antwort des Modells wurde abgeschnitten. Versuchen Sie es noch einmal, um sie ganz zu erhalten.",
  "reason.noQuota":
    "Das Kontingent für dieses Modell ist aufgebraucht. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.overloaded":
    "Das Modell startet gerade oder ist überlastet. Versuchen Sie es in einer Minute noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.refused":
    "Das Modell hat diese Anfrage abgelehnt. Ändern Sie die Einstellungen der Unterhaltung, beginnen Sie eine neue, oder wählen Sie ein anderes Modell.",
  "reason.replyTooLong":
    "Die maximale Länge ist größer, als dieses Modell schreiben kann. Verringern Sie sie, und versuchen Sie es noch einmal.",
  "reason.temperature":
    "Das Modell nimmt diese Temperatur nicht an. Ändern Sie sie, oder lassen Sie sie leer, und versuchen Sie es noch einmal.",
  "reason.throttled":
    "Das Modell ist ausgelastet. Versuchen Sie es in einer Minute noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.tooLong":
    "Diese Unterhaltung ist zu lang für das Modell. Senden Sie eine kürzere Nachricht, beginnen Sie eine neue Unterhaltung, oder wählen Sie ein Modell mit größerem Fenster.",
  "reason.notEnabled":
    "Dieses Modell ist für Keepsake nicht freigeschaltet. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.notAllowed":
    "Keepsake darf dieses Modell nicht verwenden. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.noCredentials":
    "Keepsake konnte sich beim Anbieter des Modells nicht anmelden. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.bedrockUnknown":
    "Amazon Bedrock bietet dieses Modell hier nicht mehr an. Wählen Sie ein anderes aus der Liste, und versuchen Sie es noch einmal.",
  "reason.notHere":
    "Dieses Modell ist hier nicht verfügbar. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.modelTooSlow":
    "Das Modell hat zu lange für die Antwort gebraucht. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.noRegion":
    "Die Region des Modells ist nicht eingestellt. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.providerUnreachable":
    "Der Anbieter des Modells ist nicht erreichbar. Versuchen Sie es in einer Minute noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.providerFailed":
    "Beim Anbieter des Modells ist ein Fehler aufgetreten. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.signInFailed":
    "Die Anmeldung beim Modell ist fehlgeschlagen. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.serverUnknown":
    "Der Server des Modells bietet dieses Modell nicht mehr an. Wählen Sie ein anderes aus der Liste, und versuchen Sie es noch einmal.",
  "reason.noModelThere":
    "Unter der eingestellten Adresse antwortet kein Modell. Wählen Sie ein anderes Modell, oder wenden Sie sich an den Betreiber dieser Website.",
  "reason.serverTimedOut":
    "Der Server des Modells hat nicht rechtzeitig geantwortet. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.serverFailed":
    "Auf dem Server des Modells ist ein Fehler aufgetreten. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.serverUnreadable":
    "Der Server des Modells hat eine unlesbare Antwort gesendet. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.serverUnreachable":
    "Der Server des Modells ist nicht erreichbar. Versuchen Sie es in einer Minute noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.stoppedEarly":
    "Das Modell hat vor dem Ende seiner Antwort aufgehört. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.tool":
    "Das Modell wollte ein Werkzeug verwenden, und hier gibt es keine. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.modelGone":
    "Das Modell dieser Unterhaltung ist nicht mehr verfügbar. Wählen Sie ein anderes aus der Liste, und versuchen Sie es noch einmal.",
  "reason.unexpected":
    "Bei der Anfrage an das Modell ist etwas schiefgegangen. Versuchen Sie es noch einmal; der Fehler wurde protokolliert.",
  "reason.noFirstToken":
    "Das Modell hat nicht rechtzeitig zu antworten begonnen. Vielleicht ist es ausgelastet oder lädt noch: Versuchen Sie es in einer Minute noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.stalled":
    "Das Modell ist mitten in seiner Antwort stehen geblieben. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.empty":
    "Das Modell hat eine leere Antwort gegeben. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Modell.",
  "reason.length":
    "Die Antwort wurde abgeschnitten, weil sie ihre maximale Länge erreicht hat.",
  "reason.withheld":
    "Der Anbieter des Modells hat den Rest dieser Antwort zurückgehalten.",
  "reason.unknownStop":
    "Das Modell hat aus unbekanntem Grund aufgehört, deshalb ist diese Antwort vielleicht unvollständig.",
  "reason.restarted":
    "Der Server, der diese Antwort schrieb, wurde angehalten, deshalb wurde die Antwort neu begonnen.",
  "reason.busy": "Das Modell ist ausgelastet. Neuer Versuch: {time}.",
  "reason.asksToWait": "{message} Wartezeit: {time}.",
  "reason.second": "in einer Sekunde",
  "reason.seconds": { one: "in {count} Sekunde", other: "in {count} Sekunden" },
  "reason.minutes": { one: "in {count} Minute", other: "in {count} Minuten" },
  "reason.hours": { one: "in {count} Stunde", other: "in {count} Stunden" },
};
