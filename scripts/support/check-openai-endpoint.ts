import { ask, modelsFor, said } from "./model-checks";

/** Prompts the first model of the operator's own endpoint, and prints its reply. */
async function main(): Promise<void> {
  const models = modelsFor({ ...process.env, MODEL_PROVIDER: "openai" });
  const offered = await models.list();
  console.log(`Models: ${offered.map(({ id }) => id).join(", ") || "none"}`);
  const [first] = offered;
  if (first === undefined) {
    throw new Error(
      "The endpoint lists no models. Set MODELS to one that it serves.",
    );
  }
  const { events, error } = await ask(
    models,
    first.id,
    "Say hello in three languages.",
    undefined,
    (event) => {
      if (event.kind === "text") process.stdout.write(event.text);
      if (event.kind === "waiting") console.log(event.message);
    },
  );
  await models.close();
  const usage = events.find(({ kind }) => kind === "usage");
  console.log(`\n${said(events).length} characters, ${JSON.stringify(usage)}`);
  if (error) throw error;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
