/** Texts of the settings of a visitor and of a conversation. */
export const settings = {
  "settings.instructions": "Instructions for every conversation",
  "settings.instructionsHint":
    "Models get them before the instructions of a project and of a conversation. Where they contradict each other, the later ones count. They take room in a model’s window, as messages do.",
  "options.maxTokensBounds": "1 to {max} for {name}",
  "options.temperatureBounds": "0 to {max} for {name}",
  "options.instructions": "Instructions",
  "options.temperatureBeyond":
    "{name} takes a temperature of up to {max}, and gets that instead of {chosen}.",
  "options.maxTokensBeyond":
    "{name} writes up to {max} tokens, and gets that limit instead of {chosen}.",
  "upload.scaled": "scaled to {width} × {height} pixels",
  "upload.expired":
    "No longer stored: files that are not sent are kept for a day. Remove this one, and attach it again.",
  "prompts.title": "Saved prompts",
  "prompts.key": "Saved prompts (/)",
  "prompts.hint":
    "Texts that you use again. A / in the empty message box lists them, and so does the button below the box.",
  "prompts.text": "Text",
  "prompts.new": "New saved prompt",
  "prompts.save": "Save prompt",
  "prompts.none": "No saved prompts yet.",
  "prompts.manage": "Manage saved prompts",
  "prompts.unreadable":
    "The saved prompts can’t be read. Try again in a moment.",
  "prompts.count": {
    one: "{count} saved prompt.",
    other: "{count} saved prompts.",
  },
  "prompts.inserted": "{name} is in the message box.",
} as const;
