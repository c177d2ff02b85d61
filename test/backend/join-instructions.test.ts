import { joinInstructions } from "../../app/backend/conversations/join-instructions";

it("gives a single text without a heading", () => {
  expect(joinInstructions({ project: " Speak of boats. " })).toBe(
    "Speak of boats.",
  );
});

it("gives nothing where there is none", () => {
  expect(joinInstructions({ everywhere: " ", project: "" })).toBe("");
});

it("goes from the general to the special, each under its heading", () => {
  const text = joinInstructions({
    conversation: "Third",
    everywhere: "First",
    project: "Second",
  });
  expect(text.split("\n\n").slice(1)).toEqual([
    "# Instructions for every conversation",
    "First",
    "# Instructions for this project",
    "Second",
    "# Instructions for this conversation",
    "Third",
  ]);
});
