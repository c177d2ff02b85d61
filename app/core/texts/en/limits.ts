/** Limits of what an owner may store. */
export const limits = {
  "problem.limit.conversations":
    "You have reached the limit of {limit} conversations. Delete conversations that you no longer need, then send your message again.",
  "problem.limit.message":
    "You have reached the limit of {megabytes} MB of messages and files. Delete conversations that you no longer need, then send your message again.",
  "problem.limit.file":
    "You have reached the limit of {megabytes} MB of messages and files. Delete conversations that you no longer need, then send the file again.",
  "problem.limit.savedPrompts":
    "You can save {limit} prompts. Delete one that you no longer need.",
  "problem.limit.savedPromptBytes":
    "Your saved prompts may have {kilobytes} KB together. Delete or shorten some.",
  "problem.limit.instructions":
    "The instructions may have {kilobytes} KB. Shorten the instructions.",
  "problem.limit.text": "The text may have {kilobytes} KB. Shorten the text.",
  "problem.limit.projectInstructions":
    "The instructions are longer than {bytes} bytes. Shorten them.",
} as const;
