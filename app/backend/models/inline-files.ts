import type { ModelFile, ModelMessage } from "./model";

/**
 * Moves the files that a model gets as text into the text of their messages, and says which files it
 * does not get. Pictures and documents stay.
 */
export async function inlineFiles(
  messages: readonly ModelMessage[],
): Promise<ModelMessage[]> {
  return Promise.all(
    messages.map(async ({ files, ...message }) => {
      if (!files) return message;
      const kept = files.filter(
        ({ as }) => as === "image" || as === "document",
      );
      const others = files.filter((file) => !kept.includes(file));
      const texts = await Promise.all(others.map(describe));
      const text = [...texts, message.text].join("\n\n");
      return { ...message, text, ...(kept.length > 0 && { files: kept }) };
    }),
  );
}

async function describe(file: ModelFile): Promise<string> {
  const name = JSON.stringify(file.name);
  const bytes = file.as === "text" ? await file.read() : Buffer.alloc(0);
  if (bytes.length === 0) {
    return `[The user attached the file ${name}, whose content is not available here.]`;
  }
  // Half a character at the end becomes U+FFFD.
  const text = bytes.toString().replace(/\uFFFD$/, "");
  const isCut = file.isTextCut === true || bytes.length < textLength(file);
  const rest = isCut ? "\n[The rest of the file is left out.]" : "";
  return `<file name=${name}>\n${text}${rest}\n</file>`;
}

const textLength = ({ bytes, textBytes }: ModelFile) => textBytes ?? bytes;
