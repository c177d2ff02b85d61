/** A short name of a model whose provider has none for people: `meta/llama3.2:latest` is `llama3.2`. */
export function shortName(model: string): string {
  const last = model.split("/").at(-1) || model;
  return last.replace(/\.gguf$/i, "").replace(/:latest$/, "");
}

/** A number of tokens as people say it: 131072 is `128k`. */
export function tokensInWords(tokens: number): string {
  if (tokens >= 1_000_000) return `${Math.round(tokens / 100_000) / 10}M`;
  const kilo = tokens % 1_024 === 0 ? 1_024 : 1_000;
  return tokens < 1_000 ? String(tokens) : `${Math.round(tokens / kilo)}k`;
}
