import type { Translation } from "../translation";
import type { files as english } from "../en/files";

export const files: Translation<typeof english, "de"> = {
  "problem.file.empty": "„{name}“ ist leer. Hängen Sie eine andere Datei an.",
  "problem.file.unknown":
    "„{name}“ ist weder Text in UTF-8 noch PNG, JPEG, GIF, WebP oder PDF. Speichern Sie die Datei in einem dieser Formate, und hängen Sie sie dann an.",
  "problem.file.picture":
    "„{name}“ ist ein beschädigtes Bild. Speichern Sie es noch einmal.",
  "problem.file.megapixels":
    "„{name}“ hat {megapixels} Megapixel, und die Grenze ist {limit}. Verkleinern Sie das Bild, und hängen Sie es dann an.",
  "problem.file.protected":
    "„{name}“ ist ein PDF mit Passwort. Speichern Sie es ohne Passwort, und hängen Sie es dann an.",
  "problem.file.damaged":
    "„{name}“ ist ein beschädigtes PDF. Drucken Sie es in ein neues PDF, und hängen Sie das an.",
  "problem.file.too-much":
    "„{name}“ ist ein PDF, das zu lesen zu lange dauert oder zu viel Speicher braucht. Speichern Sie die Seiten, die Sie brauchen, als eigenes PDF, und hängen Sie das an.",
  "problem.file.noText":
    "{model} kann „{name}“ nicht lesen: Das PDF hat keinen Text, und dieses Modell nimmt keines ohne Text an. Wählen Sie ein anderes Modell, oder entfernen Sie die Datei.",
  "problem.file.scanSize":
    "{model} kann „{name}“ nicht lesen: Das PDF hat keinen Text, und als Bild darf es {megabytes} MB haben. Wählen Sie ein anderes Modell, oder entfernen Sie die Datei.",
  "problem.file.noPictures":
    "{model} kann „{name}“ nicht lesen: Das Modell nimmt keine Bilder an. Wählen Sie ein anderes Modell, oder entfernen Sie die Datei.",
  "problem.file.pictureSize":
    "{model} kann „{name}“ nicht lesen: Ein Bild für dieses Modell darf {megabytes} MB haben. Verkleinern Sie es, oder wählen Sie ein anderes Modell.",
  "problem.file.pictureSides":
    "{model} kann „{name}“ nicht lesen: Ein Bild für dieses Modell darf {megabytes} MB und an jeder Seite {pixels} Pixel haben. Verkleinern Sie es, oder wählen Sie ein anderes Modell.",
};
