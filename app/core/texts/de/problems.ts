import type { Translation } from "../translation";
import type { problems as english } from "../en/problems";

export const problems: Translation<typeof english, "de"> = {
  "problem.unexpected":
    "Etwas ist schiefgegangen. Versuchen Sie es noch einmal.",
  "problem.noPage": "Diese Seite gibt es nicht, oder sie wurde gelöscht.",
  "problem.notFound.conversation":
    "Diese Unterhaltung gibt es nicht, oder sie gehört Ihnen nicht.",
  "problem.notFound.message":
    "Diese Nachricht gibt es nicht, oder sie gehört Ihnen nicht.",
  "problem.notFound.reply":
    "Diese Antwort gibt es nicht, oder sie gehört Ihnen nicht.",
  "problem.notFound.project":
    "Dieses Projekt gibt es nicht, oder es gehört Ihnen nicht.",
  "problem.notFound.file":
    "Diese Datei gibt es nicht, oder sie gehört Ihnen nicht.",
  "problem.notFound.stream":
    "Diesen Datenstrom gibt es nicht, oder er gehört Ihnen nicht.",
  "problem.movedOn":
    "Inzwischen wurde eine neuere Nachricht gesendet. Laden Sie die Seite neu; nur die letzte Nachricht kann wiederholt werden.",
  "problem.method": "Diese Adresse nimmt kein {method} an.",
  "problem.messageEmpty":
    "Die Nachricht ist leer. Schreiben Sie etwas, und senden Sie sie noch einmal.",
  "problem.noModel":
    "Dieses Modell ist nicht verfügbar. Wählen Sie ein anderes, und senden Sie noch einmal.",
  "problem.formReload":
    "Das Formular ist ungültig. Laden Sie die Unterhaltung neu, und senden Sie noch einmal.",
  "problem.addressNumber":
    "Ungültige Adresse: „{name}“ muss die Nummer einer Nachricht sein.",
  "problem.badLink":
    "Dieser Link funktioniert nicht. Öffnen Sie die Liste noch einmal.",
  "problem.titleLength":
    "Ein Titel muss 1 bis {limit} Zeichen haben. Gehen Sie zurück, und ändern Sie ihn.",
  "problem.maxTokens":
    "„Max. Token“ muss eine ganze Zahl ab 1 sein. Gehen Sie zurück, und ändern Sie sie.",
  "problem.temperature":
    "Die Temperatur muss eine Zahl von 0 bis {max} sein. Gehen Sie zurück, und ändern Sie sie.",
  "problem.projectName":
    "Ein Projektname muss 1 bis {limit} Zeichen haben. Gehen Sie zurück, und ändern Sie ihn.",
  "problem.projectInstructions":
    "Die Anweisungen eines Projekts dürfen {kilobytes} KB haben. Gehen Sie zurück, und kürzen Sie sie.",
  "problem.searchLength":
    "Eine Suche darf {limit} Zeichen haben. Verwenden Sie weniger Wörter.",
  "problem.notSignedIn": "Sie sind nicht angemeldet.",
  "problem.filesPerMessage":
    "Eine Nachricht kann {limit} Dateien haben. Senden Sie die anderen mit einer weiteren Nachricht.",
  "problem.filesPerMessageBack":
    "Eine Nachricht kann {limit} Dateien haben. Gehen Sie zurück, und wählen Sie weniger.",
  "problem.uploadsAtOnce":
    "Es werden zu viele Dateien gleichzeitig gesendet. Senden Sie diese in einigen Sekunden noch einmal.",
  "problem.filesWhileUpdating":
    "Keepsake wird gerade aktualisiert: Ihre Nachricht wurde ohne ihre Dateien gesendet. Hängen Sie sie in einigen Minuten noch einmal an.",
  "problem.formFields":
    "Ein Formular hat höchstens {limit} Felder. Laden Sie die Seite neu, und senden Sie das Formular noch einmal.",
  "problem.notUtf8":
    "Der Text kam nicht als gültiges UTF-8 an und wurde nicht angenommen. Prüfen Sie das Programm oder die Browsererweiterung, die ihn gesendet hat.",
  "problem.formTooLong":
    "Das ist mehr, als auf einmal gesendet werden kann. Gehen Sie zurück: Ihr Browser hat Ihren Text behalten. Senden Sie dann einen kürzeren Teil.",
  "problem.formsAtOnce":
    "Es wird zu viel gleichzeitig gesendet. Gehen Sie zurück: Ihr Browser hat Ihren Text behalten. Senden Sie ihn in einigen Sekunden noch einmal.",
  "problem.formBroken":
    "Das Formular konnte nicht gelesen werden. Gehen Sie zurück, und senden Sie es noch einmal.",
  "problem.formType":
    "Formulare werden als application/x-www-form-urlencoded gesendet.",
  "problem.noCookie":
    "Das Formular kam ohne das Cookie dieser Website und wurde nicht gelesen. Erlauben Sie Cookies, gehen Sie zurück, laden Sie die Seite neu, und senden Sie es noch einmal.",
  "problem.crossSite":
    "Anfrage einer anderen Website blockiert. Öffnen Sie Keepsake, und senden Sie das Formular von dort.",
  "problem.publicAddress":
    "Öffnen Sie dieses Keepsake unter seiner öffentlichen Adresse.",
  "problem.identityUnknown":
    "Ihre Anmeldung kann gerade nicht geprüft werden. Es ging nichts verloren. Versuchen Sie es in einer Minute noch einmal.",
  "problem.backendUnreachable":
    "Keepsake erreicht seine Daten gerade nicht. Es ist nichts verloren; versuchen Sie es in einigen Sekunden noch einmal.",
  "problem.cannotFollow": "Dieser Antwort kann nicht gefolgt werden.",
  "problem.streams":
    "Sie verfolgen {limit} Antworten gleichzeitig. Schließen Sie einen Tab, und laden Sie diese Seite neu.",
  "problem.rate.sessions": {
    one: "Von Ihrer Netzwerkadresse wurden zu viele neue Sitzungen begonnen. Warten Sie {count} Sekunde, und versuchen Sie es dann noch einmal.",
    other:
      "Von Ihrer Netzwerkadresse wurden zu viele neue Sitzungen begonnen. Warten Sie {count} Sekunden, und versuchen Sie es dann noch einmal.",
  },
  "problem.rate.messages": {
    one: "Von Ihrer Netzwerkadresse wurden zu viele Nachrichten gesendet. Warten Sie {count} Sekunde, und versuchen Sie es dann noch einmal.",
    other:
      "Von Ihrer Netzwerkadresse wurden zu viele Nachrichten gesendet. Warten Sie {count} Sekunden, und versuchen Sie es dann noch einmal.",
  },
  "problem.rate.uploads": {
    one: "Von Ihrer Netzwerkadresse wurden zu viele Dateien gesendet. Warten Sie {count} Sekunde, und versuchen Sie es dann noch einmal.",
    other:
      "Von Ihrer Netzwerkadresse wurden zu viele Dateien gesendet. Warten Sie {count} Sekunden, und versuchen Sie es dann noch einmal.",
  },
  "problem.rate.streams": {
    one: "Von Ihrer Netzwerkadresse wurden zu viele Antworten geöffnet. Warten Sie {count} Sekunde, und versuchen Sie es dann noch einmal.",
    other:
      "Von Ihrer Netzwerkadresse wurden zu viele Antworten geöffnet. Warten Sie {count} Sekunden, und versuchen Sie es dann noch einmal.",
  },
  "problem.rate.searches": {
    one: "Von Ihrer Netzwerkadresse wurde zu oft gesucht. Warten Sie {count} Sekunde, und versuchen Sie es dann noch einmal.",
    other:
      "Von Ihrer Netzwerkadresse wurde zu oft gesucht. Warten Sie {count} Sekunden, und versuchen Sie es dann noch einmal.",
  },
  "problem.sessionNotRead":
    "Ihre Sitzung kann gerade nicht gelesen werden: {reason}. Es ging nichts verloren. Versuchen Sie es in einer Minute noch einmal.",
  "problem.sessionNotSaved":
    "Ihre Sitzung konnte nicht gespeichert werden: {reason}. Früher Gespeichertes bleibt erhalten, aber die Seite zeigt Ihre letzte Änderung vielleicht nicht. {advice}",
  "problem.notSaved":
    "Das konnte nicht gespeichert werden: {reason}. Früher Gespeichertes bleibt erhalten. {advice}",
  "problem.storage":
    "Zurzeit gilt: {reason}. Früher Gespeichertes bleibt erhalten. {advice}",
  "problem.replyNotSaved":
    "Die Antwort kann nicht gespeichert werden: {reason}. Sie geht weiter, sobald der Speicher wieder arbeitet; darum muss sich der Betreiber des Servers kümmern.",
  "storage.full": "der Speicher des Servers ist voll",
  "storage.readOnly": "der Speicher des Servers ist schreibgeschützt",
  "storage.forbidden": "der Server darf nicht in seinen Speicher schreiben",
  "storage.failing": "der Speicher des Servers meldet einen Fehler",
  "storage.silent": "der Speicher des Servers antwortet nicht",
  "storage.freeSpace":
    "Versuchen Sie es später noch einmal. Der Betreiber dieses Servers muss Platz schaffen.",
  "storage.makeWritable":
    "Versuchen Sie es später noch einmal. Der Betreiber dieses Servers muss den Speicher beschreibbar machen.",
  "storage.fixPermissions":
    "Versuchen Sie es später noch einmal. Der Betreiber dieses Servers muss die Rechte berichtigen.",
  "storage.inAMinute": "Versuchen Sie es in einer Minute noch einmal.",
  "storage.inAWhile": "Versuchen Sie es etwas später noch einmal.",
  "problem.exportFormat":
    "Dieses Format gibt es nicht. Wählen Sie JSON, Markdown oder HTML.",
  "problem.exportSelection":
    "Höchstens {limit} Unterhaltungen können ausgewählt werden. Wählen Sie weniger, oder exportieren Sie alle.",
  "problem.notFound.savedPrompt":
    "Diesen gespeicherten Prompt gibt es nicht, oder er gehört Ihnen nicht.",
  "problem.instructions":
    "Anweisungen dürfen {kilobytes} KB haben. Gehen Sie zurück, und kürzen Sie sie.",
  "problem.savedPromptName":
    "Ein gespeicherter Prompt braucht einen Namen mit 1 bis {limit} Zeichen und einen Text. Gehen Sie zurück, und ändern Sie ihn.",
  "problem.savedPromptLength":
    "Ein gespeicherter Prompt darf {kilobytes} KB haben. Gehen Sie zurück, und kürzen Sie ihn.",
  "problem.servedBelow": "Keepsake wird hier unter {address} bereitgestellt.",
  "problem.unknownHost":
    "Dieses Keepsake wird nicht unter dem Hostnamen „{host}“ bereitgestellt. Verwenden Sie einen seiner eigenen Namen, oder fügen Sie {host} zur Einstellung ALLOWED_HOSTS hinzu.",
  "problem.otherOrigin":
    "Anfrage einer anderen Website blockiert: Das Formular kommt von {origin}, die Anfrage geht an {host}. Ist beides diese Website, ändert ein Proxy den Header Host. Reichen Sie Host unverändert weiter, oder setzen Sie ALLOWED_ORIGINS auf {origin}.",
  "problem.noSelection":
    "Es ist keine Unterhaltung ausgewählt. Gehen Sie zurück, und wählen Sie welche aus.",
  "problem.selection":
    "Höchstens {limit} Unterhaltungen können auf einmal geändert werden. Gehen Sie zurück, und wählen Sie weniger aus.",
  "problem.onlyFailed":
    "Nur eine fehlgeschlagene Antwort kann wiederholt werden.",
  "problem.notStopped":
    "Die Antwort konnte nicht angehalten werden, weil ihr Server ständig wechselt. Versuchen Sie es in einigen Sekunden noch einmal.",
  "problem.tooManyReplies":
    "Der Server schreibt zu viele Antworten. Versuchen Sie es in einigen Sekunden noch einmal.",
  "problem.yourReplies":
    "Für Sie werden schon {limit} Antworten geschrieben. Warten Sie auf eine, oder halten Sie eine an, und versuchen Sie es noch einmal.",
  "problem.tookTooLong":
    "Die Anfrage hat zu lange gedauert. Versuchen Sie es noch einmal.",
  "problem.queueFull":
    "Es warten schon {limit} Nachrichten. Warten Sie auf eine Antwort, oder ziehen Sie eine zurück, und senden Sie dann noch einmal.",
  "problem.queueLong":
    "Die wartenden Nachrichten sind zusammen zu lang. Warten Sie auf eine Antwort, oder ziehen Sie eine zurück, und senden Sie dann noch einmal.",
  "problem.notQueued":
    "Diese Nachricht wartet nicht, oder sie gehört Ihnen nicht.",
  "problem.queuedBegun":
    "Die Antwort auf diese Nachricht hat begonnen. Halten Sie sie an, oder senden Sie eine andere Nachricht.",
  "problem.queuedWithdrawn":
    "Diese Nachricht wurde zurückgezogen. Senden Sie sie noch einmal.",
  "problem.yourSearches":
    "Ihre anderen Suchen laufen noch. Versuchen Sie es gleich noch einmal.",
  "problem.searches":
    "Gerade suchen zu viele Menschen. Versuchen Sie es gleich noch einmal.",
  "problem.deletedForGood":
    "Diese Unterhaltung wurde endgültig gelöscht und kann nicht wiederhergestellt werden.",
  "problem.noModelNow":
    "Gerade ist kein Modell verfügbar. Versuchen Sie es später noch einmal.",
  "problem.modelUnknown":
    "Dieses Modell gibt es nicht. Wählen Sie ein anderes.",
  "problem.deletedTurns":
    "Sie haben die Grenze von {limit} gelöschten Nachrichten in einer Unterhaltung erreicht. Löschen Sie stattdessen die Unterhaltung.",
  "problem.branches":
    "Diese Unterhaltung hat die Grenze von {limit} Zweigen erreicht. Setzen Sie stattdessen ihre neuesten Nachrichten fort.",
  "problem.versions":
    "Sie haben die Grenze von {limit} Versionen erreicht. Senden Sie stattdessen eine neue Nachricht.",
  "problem.messageLonger":
    "Die Nachricht ist länger als {megabytes} MB. Kürzen Sie sie, oder senden Sie sie in Teilen.",
  "problem.pinned":
    "Sie haben {limit} Unterhaltungen angeheftet, und mehr sind nicht möglich. Lösen Sie zuerst eine.",
  "problem.beingChanged":
    "Diese Unterhaltung wird gerade geändert. Versuchen Sie es noch einmal.",
  "problem.notInBin":
    "Diese Unterhaltung ist nicht im Papierkorb. Laden Sie die Seite neu, um zu sehen, wo sie ist.",
  "problem.useRetry":
    "Diese Antwort ist fehlgeschlagen. Verwenden Sie „Noch einmal“ statt „Neu erzeugen“.",
  "problem.fileGone":
    "Eine Datei dieser Nachricht ist nicht mehr da. Hängen Sie sie noch einmal an: Dateien bleiben einen Tag, bis sie gesendet werden.",
  "problem.unsentFiles":
    "Sie haben {limit} Dateien angehängt, ohne sie zu senden. Senden Sie einige, oder entfernen Sie sie, und hängen Sie diese dann noch einmal an.",
  "problem.fileSize":
    "Eine Datei darf {megabytes} MB haben. Verkleinern Sie sie, oder senden Sie einen Teil.",
  "problem.pdfsAtOnce":
    "Gerade werden zu viele PDFs gelesen. Hängen Sie Ihres in einigen Sekunden noch einmal an.",
  "problem.maxTokensOf":
    "Die maximale Länge muss für {model} eine ganze Zahl von 1 bis {most} Token sein. Lassen Sie sie leer, gilt die Grenze des Modells.",
  "problem.temperatureOf":
    "Die Temperatur muss für {model} eine Zahl von 0 (vorhersehbar) bis {most} (kreativ) sein. Lassen Sie sie leer, gilt die Vorgabe des Modells.",
};
