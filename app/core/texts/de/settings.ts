import type { Translation } from "../translation";
import type { settings as english } from "../en/settings";

export const settings: Translation<typeof english, "de"> = {
  "settings.instructions": "Anweisungen für jede Unterhaltung",
  "settings.instructionsHint":
    "Modelle erhalten sie vor den Anweisungen eines Projekts und einer Unterhaltung. Wo sie sich widersprechen, gelten die späteren. Sie brauchen Platz im Fenster eines Modells, wie Nachrichten.",
  "options.maxTokensBounds": "1 bis {max} bei {name}",
  "options.temperatureBounds": "0 bis {max} bei {name}",
  "options.instructions": "Anweisungen",
  "options.temperatureBeyond":
    "{name} nimmt eine Temperatur bis {max} und erhält diese statt {chosen}.",
  "options.maxTokensBeyond":
    "{name} schreibt bis zu {max} Token und erhält diese Grenze statt {chosen}.",
  "upload.scaled": "verkleinert auf {width} × {height} Pixel",
  "upload.expired":
    "Nicht mehr gespeichert: Dateien, die nicht gesendet werden, bleiben einen Tag. Entfernen Sie diese, und hängen Sie sie wieder an.",
  "prompts.title": "Gespeicherte Prompts",
  "prompts.key": "Gespeicherte Prompts (/)",
  "prompts.hint":
    "Texte, die Sie wieder verwenden. Ein / im leeren Nachrichtenfeld listet sie auf, ebenso die Schaltfläche unter dem Feld.",
  "prompts.text": "Text",
  "prompts.new": "Neuer gespeicherter Prompt",
  "prompts.save": "Prompt speichern",
  "prompts.none": "Noch keine gespeicherten Prompts.",
  "prompts.manage": "Gespeicherte Prompts verwalten",
  "prompts.unreadable":
    "Die gespeicherten Prompts können nicht gelesen werden. Versuchen Sie es gleich noch einmal.",
  "prompts.count": {
    one: "{count} gespeicherter Prompt.",
    other: "{count} gespeicherte Prompts.",
  },
  "prompts.inserted": "{name} steht im Nachrichtenfeld.",
};
