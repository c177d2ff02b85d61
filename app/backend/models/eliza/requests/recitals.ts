/** What can be asked for, in a form that itself shows some formatting. */
export const introduction = [
  `I'm Eliza, a small program in the manner of the one from 1966: I pick up your words and ask back. I need no model and no network, so you can try Keepsake with me right away.

Besides talking, I obey a few plain requests:

- *Tell me a long story about the sea*, or *write 500 words about bridges*
- *List ten animals*, or *give me a numbered list*
- *Make a table of fruit with 8 rows*
- *Show me some code in Rust* (or Python, Go, TypeScript, SQL, …)
- *Show me all Markdown formatting*
- *Count to 100*, *tell me a joke*, *write a poem*, *repeat after me: …*

Or simply tell me how your day was.`,
  "The same as before: I talk, and on request I write texts (*write 300 words about rain*), lists, tables, code, poems, jokes and numbers. Which would you like?",
];

export const jokes = [
  'A pod walks into a bar and asks for a stool. "Sorry," says the barkeeper, "we only seat stateful sets."',
  "I told my rules a joke about recursion. They asked me what I meant by telling my rules a joke about recursion.",
  'Two files meet in a folder. "You look familiar," says one. "Naturally," says the other. "I\'m your version 2."',
  "Why did the timeout never finish its story? It was always interrupted just before the",
];

export const poems = [
  `A word came in, a word went out,
I turned it once and half about;
you thought it over, so did I,
and neither of us quite knew why.`,
  `The lamp is low, the log is long,
each line is where its writers left it;
and if a process comes to harm,
another reads what went before it.`,
  `Old rules, few words,
a cursor blinking in the rain:
say that again.`,
];
