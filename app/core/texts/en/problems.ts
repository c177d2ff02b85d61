/** Sentences of problems: what went wrong, and what to do. */
export const problems = {
  "problem.unexpected": "Something went wrong. Try again.",
  "problem.noPage": "This page does not exist, or was deleted.",
  "problem.notFound.conversation":
    "This conversation does not exist, or it is not yours.",
  "problem.notFound.message":
    "This message does not exist, or it is not yours.",
  "problem.notFound.reply": "This reply does not exist, or it is not yours.",
  "problem.notFound.project":
    "This project does not exist, or it is not yours.",
  "problem.notFound.file": "This file does not exist, or it is not yours.",
  "problem.notFound.stream": "This stream does not exist, or it is not yours.",
  "problem.movedOn":
    "A newer message was sent. Reload to see it; only the latest message can be retried.",
  "problem.method": "This address takes no {method}.",
  "problem.messageEmpty":
    "The message is empty. Write something, and send it again.",
  "problem.noModel":
    "This model is not available. Choose another one, and send again.",
  "problem.formReload":
    "The form is invalid. Reload the conversation, and send again.",
  "problem.addressNumber":
    "Invalid address: “{name}” must be a message number.",
  "problem.badLink": "This link doesn’t work. Open the list again.",
  "problem.titleLength":
    "A title must have 1 to {limit} characters. Go back and change it.",
  "problem.maxTokens":
    "Max tokens must be a whole number of at least 1. Go back and change it.",
  "problem.temperature":
    "The temperature must be a number from 0 to {max}. Go back and change it.",
  "problem.projectName":
    "A project name must have 1 to {limit} characters. Go back and change it.",
  "problem.projectInstructions":
    "Project instructions are limited to {kilobytes} KB. Go back and shorten them.",
  "problem.searchLength":
    "A search is limited to {limit} characters. Use fewer words.",
  "problem.notSignedIn": "You are not signed in.",
  "problem.filesPerMessage":
    "A message can have {limit} files. Send the others with another message.",
  "problem.filesPerMessageBack":
    "A message can have {limit} files. Go back, and choose fewer.",
  "problem.uploadsAtOnce":
    "Too many files are being sent at the same time. Send this one again in a few seconds.",
  "problem.filesWhileUpdating":
    "Keepsake is being updated: your message was sent without its files. Attach them again in a few minutes.",
  "problem.formFields":
    "A form has at most {limit} fields. Reload the page, and send its form again.",
  "problem.notUtf8":
    "The text that arrived is not valid UTF-8, so it was not taken. Check the program or the browser extension that sent it.",
  "problem.formTooLong":
    "That is more than can be sent at once. Go back: your browser has kept what you typed. Then send a shorter part of it.",
  "problem.formsAtOnce":
    "Too much is being sent at the same time. Go back: your browser has kept what you typed. Send it again in a few seconds.",
  "problem.formBroken":
    "The form could not be read. Go back, and send it again.",
  "problem.formType": "Forms are sent as application/x-www-form-urlencoded.",
  "problem.noCookie":
    "The form came without the cookie of this site, so it was not read. Allow cookies, go back, reload the page, and send it again.",
  "problem.crossSite":
    "Cross-site request blocked. Open Keepsake and send the form from there.",
  "problem.publicAddress": "Open this Keepsake at its public address.",
  "problem.identityUnknown":
    "Who you are can't be checked at the moment. Nothing was lost. Please try again in a minute.",
  "problem.backendUnreachable":
    "Keepsake can't reach its records at the moment. Nothing is lost; please try again in a few seconds.",
  "problem.cannotFollow": "This reply can't be followed.",
  "problem.streams":
    "You are watching {limit} replies at once. Close a tab, then reload this page.",
  "problem.rate.sessions": {
    one: "Too many new sessions were started from your network address. Wait {count} second, then try again.",
    other:
      "Too many new sessions were started from your network address. Wait {count} seconds, then try again.",
  },
  "problem.rate.messages": {
    one: "Too many messages were sent from your network address. Wait {count} second, then try again.",
    other:
      "Too many messages were sent from your network address. Wait {count} seconds, then try again.",
  },
  "problem.rate.uploads": {
    one: "Too many files were sent from your network address. Wait {count} second, then try again.",
    other:
      "Too many files were sent from your network address. Wait {count} seconds, then try again.",
  },
  "problem.rate.streams": {
    one: "Too many replies were opened from your network address. Wait {count} second, then try again.",
    other:
      "Too many replies were opened from your network address. Wait {count} seconds, then try again.",
  },
  "problem.rate.searches": {
    one: "Too many searches were made from your network address. Wait {count} second, then try again.",
    other:
      "Too many searches were made from your network address. Wait {count} seconds, then try again.",
  },
  "problem.sessionNotRead":
    "Your session can't be read at the moment: {reason}. Nothing of it is lost. Please try again in a minute.",
  "problem.sessionNotSaved":
    "Your session could not be saved: {reason}. What was saved before is kept, but the page may not show your last change. {advice}",
  "problem.notSaved":
    "This could not be saved: {reason}. What was saved before is kept. {advice}",
  "problem.storage":
    "At the moment {reason}. What was saved before is kept. {advice}",
  "problem.replyNotSaved":
    "The reply can't be saved: {reason}. It continues when the storage works again; the server's operator has to see to it.",
  "storage.full": "the server's storage is full",
  "storage.readOnly": "the server's storage is read-only",
  "storage.forbidden": "the server may not write to its storage",
  "storage.failing": "the server's storage reports an error",
  "storage.silent": "the server's storage does not answer",
  "storage.freeSpace":
    "Please try again later. The operator of this server must free some space.",
  "storage.makeWritable":
    "Please try again later. The operator of this server must make it writable.",
  "storage.fixPermissions":
    "Please try again later. The operator of this server must fix its permissions.",
  "storage.inAMinute": "Please try again in a minute.",
  "storage.inAWhile": "Please try again in a while.",
  "problem.exportFormat":
    "This format does not exist. Choose JSON, Markdown or HTML.",
  "problem.exportSelection":
    "At most {limit} conversations can be chosen. Choose fewer, or export all of them.",
  "problem.notFound.savedPrompt":
    "This saved prompt does not exist, or it is not yours.",
  "problem.instructions":
    "Instructions are limited to {kilobytes} KB. Go back and shorten them.",
  "problem.savedPromptName":
    "A saved prompt needs a name of 1 to {limit} characters, and a text. Go back and change it.",
  "problem.savedPromptLength":
    "A saved prompt is limited to {kilobytes} KB. Go back and shorten it.",
  "problem.servedBelow": "Keepsake is served at {address} here.",
  "problem.unknownHost":
    "This Keepsake is not served under the host name “{host}”. Use one of its own names, or add {host} to the setting ALLOWED_HOSTS.",
  "problem.otherOrigin":
    "Cross-site request blocked: the form is from {origin}, the request is for {host}. If both are this site, a proxy changes the Host header. Pass Host unchanged, or set ALLOWED_ORIGINS to {origin}.",
  "problem.noSelection":
    "No conversation is selected. Go back and select some.",
  "problem.selection":
    "At most {limit} conversations can be changed at once. Go back and select fewer.",
  "problem.onlyFailed": "Only a failed reply can be retried.",
  "problem.notStopped":
    "The reply could not be stopped because its server keeps changing. Try again in a few seconds.",
  "problem.tooManyReplies":
    "The server is writing too many replies. Try again in a few seconds.",
  "problem.yourReplies":
    "You already have {limit} replies in progress. Wait for one to finish or stop one, then try again.",
  "problem.tookTooLong": "The request took too long. Try again.",
  "problem.queueFull":
    "{limit} messages are queued already. Wait for a reply or withdraw one, then send again.",
  "problem.queueLong":
    "The queued messages are too long together. Wait for a reply or withdraw one, then send again.",
  "problem.notQueued": "This message is not queued, or it is not yours.",
  "problem.queuedBegun":
    "The reply to this message has begun. Stop it, or send another message.",
  "problem.queuedWithdrawn": "This message was withdrawn. Send it again.",
  "problem.yourSearches":
    "Your other searches are still running. Try again in a moment.",
  "problem.searches":
    "Too many people are searching at the moment. Try again in a moment.",
  "problem.deletedForGood":
    "This conversation was deleted permanently, and can’t be restored.",
  "problem.noModelNow": "No model is available right now. Try again later.",
  "problem.modelUnknown": "This model does not exist. Pick another.",
  "problem.deletedTurns":
    "You have reached the limit of {limit} deleted messages in a conversation. Delete the conversation instead.",
  "problem.branches":
    "This conversation has reached the limit of {limit} branches. Continue its newest messages instead.",
  "problem.versions":
    "You have reached the limit of {limit} versions. Send a new message instead.",
  "problem.messageLonger":
    "The message is longer than {megabytes} MB. Shorten it, or send it in parts.",
  "problem.pinned":
    "You have pinned {limit} conversations, and no more can be pinned. Unpin one first.",
  "problem.beingChanged":
    "This conversation is being changed at the moment. Try again.",
  "problem.notInBin":
    "This conversation is not in the bin. Reload the page to see where it is.",
  "problem.useRetry": "This reply failed. Use Retry instead of Regenerate.",
  "problem.fileGone":
    "A file of this message is no longer there. Attach it again: files are kept for a day until they are sent.",
  "problem.unsentFiles":
    "You have attached {limit} files without sending them. Send some, or remove them, then attach this one again.",
  "problem.fileSize":
    "A file may have {megabytes} MB. Make it smaller, or send a part of it.",
  "problem.pdfsAtOnce":
    "Too many PDFs are being read at the moment. Attach yours again in a few seconds.",
  "problem.maxTokensOf":
    "The maximum length must be a whole number of tokens from 1 to {most} for {model}. Leave it empty for the model's own limit.",
  "problem.temperatureOf":
    "The temperature must be a number from 0 (predictable) to {most} (creative) for {model}. Leave it empty for the model's default.",
} as const;
