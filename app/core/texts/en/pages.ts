/** Texts of all other pages: lists, projects, search, data, signing out, problems. */
export const pages = {
  "list.untitled": "Untitled",
  "list.none": "No conversations yet.",
  "list.older": "Older",
  "project.group": "Group conversations and share instructions between them.",
  "project.label": "Project",
  "project.name": "Name",
  "project.instructions": "Instructions",
  "project.instructionsHint": "Instructions for every reply (optional)",
  "project.instructionsHintNew":
    "Instructions for every reply in this project (optional)",
  "project.create": "Create project",
  "project.deleteTitle": "Delete",
  "project.deleteHint": "Its conversations are kept, without a project.",
  "project.delete": "Delete project",
  "project.none":
    "No conversations yet. Your next message starts one in this project.",
  "usage.none": "No usage yet.",
  "usage.model": "Model",
  "usage.messages": "Messages",
  "usage.inputTokens": "Input tokens",
  "usage.outputTokens": "Output tokens",
  "search.label": "Search conversations",
  "search.for": "Search for",
  "search.none": "No results for “{query}”. Try fewer or different words.",
  "search.incomplete":
    "Only the most recent messages were searched. Use rarer words to find older ones.",
  "search.hint": "Search the titles and messages of your conversations.",
  "settings.theme": "Theme",
  "settings.themeSystem": "System",
  "settings.themeLight": "Light",
  "settings.themeDark": "Dark",
  "settings.language": "Language",
  "settings.languageBrowser": "As in the browser",
  "settings.enter": "Enter key",
  "settings.enterSends": "Sends the message",
  "settings.enterNewline": "Begins a new line; Ctrl+Enter sends",
  "settings.model": "Model of new conversations",
  "settings.modelLast": "The one used last",
  "settings.hint":
    "Theme, language and Enter key apply to this browser, the model to this session. A touch screen’s Enter key always begins a new line.",
  "data.storage": "Storage",
  "data.conversations": "Conversations",
  "data.messages": "Messages and files",
  "data.download": "Download",
  "data.downloadAll": "Download all my data",
  "data.downloadFirst": "Download all my data first",
  "data.delete": "Delete",
  "data.deleteHint":
    "Deletes all conversations, projects, instructions and saved prompts permanently, and ends your session.",
  "data.deleteHintPerson":
    "Deletes all conversations, projects, instructions and saved prompts permanently, and ends your sessions on all devices.",
  "data.deleteAll": "Delete all my data",
  "data.deleteAllMore": "Delete all my data…",
  "data.deleteConfirm":
    "All of your conversations, projects, instructions and saved prompts will be deleted, and replies in progress will be stopped. Your session will end. This can’t be undone.",
  "data.deleteConfirmPerson":
    "All of your conversations, projects, instructions and saved prompts will be deleted, and replies in progress will be stopped. You will be signed out on all devices. This can’t be undone.",
  "data.deleted":
    "Your conversations, projects, instructions and saved prompts were deleted, and your session has ended.",
  "data.startNew": "Start a new conversation",
  "signOut.provider": "Sign out of your identity provider too",
  "signOut.everywhere":
    "You are signed out of Keepsake on all devices. A device that is still signed in to your identity provider can start a new session: sign out there too.",
  "signOut.here": "You are signed out of Keepsake in this browser.",
  "signOut.signIn": "Sign in again",
  "problem.requestId": "Request ID, for support: {id}",
} as const;
