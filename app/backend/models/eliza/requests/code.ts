interface Language {
  /** What a visitor may call it. */
  called: RegExp;
  name: string;
  /** The fence's info string. */
  fence: string;
  code: string;
}

const languages: Language[] = [
  {
    called: /\btypescript\b|\bts\b/,
    name: "TypeScript",
    fence: "typescript",
    code: `/** The nth Fibonacci number. */
function fibonacci(n: number): bigint {
  let [a, b] = [0n, 1n];
  for (let i = 0; i < n; i++) [a, b] = [b, a + b];
  return a;
}

console.log(fibonacci(90));`,
  },
  {
    called: /\bjavascript\b|\bjs\b|\bnode\b/,
    name: "JavaScript",
    fence: "javascript",
    code: `// Counts how often each word occurs.
function countWords(text) {
  const counts = new Map();
  for (const word of text.toLowerCase().match(/\\p{L}+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

console.log(countWords("to be or not to be"));`,
  },
  {
    called: /\brust\b/,
    name: "Rust",
    fence: "rust",
    code: `fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn main() {
    println!("{}", gcd(1_071, 462));
}`,
  },
  {
    called: /\bgolang\b|\bgo\b/,
    name: "Go",
    fence: "go",
    code: `package main

import "fmt"

func main() {
	words := make(chan string)
	go func() {
		defer close(words)
		for _, word := range []string{"one", "two", "three"} {
			words <- word
		}
	}()
	for word := range words {
		fmt.Println(word)
	}
}`,
  },
  {
    called: /\bjava\b/,
    name: "Java",
    fence: "java",
    code: `public class Greeting {
    record Visitor(String name) {}

    public static void main(String[] args) {
        var visitor = new Visitor("you");
        System.out.println("Hello, " + visitor.name() + "!");
    }
}`,
  },
  {
    called: /c\+\+|\bcpp\b/,
    name: "C++",
    fence: "cpp",
    code: `#include <iostream>
#include <numeric>
#include <vector>

int main() {
    std::vector<int> values{3, 1, 4, 1, 5};
    std::cout << std::accumulate(values.begin(), values.end(), 0) << '\\n';
}`,
  },
  {
    called: /\bc#|\bcsharp\b/,
    name: "C#",
    fence: "csharp",
    code: `var primes = Enumerable.Range(2, 50)
    .Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0));

Console.WriteLine(string.Join(", ", primes));`,
  },
  {
    called: /\bin c\b|\bc (?:code|program)\b/,
    name: "C",
    fence: "c",
    code: `#include <stdio.h>

int main(void) {
    for (int i = 1; i <= 10; i++)
        printf("%d squared is %d\\n", i, i * i);
    return 0;
}`,
  },
  {
    called: /\bsql\b|\bquery\b/,
    name: "SQL",
    fence: "sql",
    code: `SELECT title, COUNT(*) AS messages
FROM conversations
JOIN messages USING (conversation_id)
WHERE created_at > CURRENT_DATE - INTERVAL '7 days'
GROUP BY title
ORDER BY messages DESC
LIMIT 10;`,
  },
  {
    called: /\bbash\b|\bshell\b|\bsh\b/,
    name: "shell",
    fence: "bash",
    code: `#!/usr/bin/env bash
set -euo pipefail
# The ten largest files below a folder.
find "\${1:-.}" -type f -printf '%s %p\\n' | sort -rn | head -10`,
  },
  {
    called: /\bhtml\b/,
    name: "HTML",
    fence: "html",
    code: `<!doctype html>
<html lang="en">
  <title>A small page</title>
  <p>Nothing here is <em>run</em>: it is only <strong>shown</strong>.</p>
  <script>alert("not even this")</script>
</html>`,
  },
  {
    called: /\bcss\b/,
    name: "CSS",
    fence: "css",
    code: `:root {
  color-scheme: light dark;
}

main {
  display: grid;
  gap: 1rem;
  max-width: 60ch;
  margin-inline: auto;
}`,
  },
  {
    called: /\bjson\b/,
    name: "JSON",
    fence: "json",
    code: `{
  "name": "keepsake",
  "keeps": ["conversations", "replies in progress"],
  "needs": { "database": false, "directory": true }
}`,
  },
  {
    called: /\byaml\b|\byml\b|\bmanifest\b/,
    name: "YAML",
    fence: "yaml",
    code: `apiVersion: v1
kind: ConfigMap
metadata:
  name: greeting
data:
  text: |
    Hello,
    and welcome.`,
  },
  {
    called: /\bruby\b/,
    name: "Ruby",
    fence: "ruby",
    code: `words = %w[keep sake and stay]
words.each_with_index { |word, index| puts "#{index + 1}. #{word.capitalize}" }`,
  },
  {
    called: /\bphp\b/,
    name: "PHP",
    fence: "php",
    code: `<?php
foreach (range(1, 15) as $n) {
    echo $n % 15 === 0 ? "FizzBuzz" : ($n % 3 === 0 ? "Fizz" : ($n % 5 === 0 ? "Buzz" : $n)), "\\n";
}`,
  },
  {
    called: /\bpython\b|\bpy\b/,
    name: "Python",
    fence: "python",
    code: `def primes(limit):
    """All primes below a limit, by the sieve of Eratosthenes."""
    is_prime = [True] * limit
    for n in range(2, limit):
        if is_prime[n]:
            yield n
            for multiple in range(n * n, limit, n):
                is_prime[multiple] = False


print(list(primes(50)))`,
  },
];

const python = languages.at(-1)!;

/** Which language a request names; Python where it names none. */
function languageIn(request: string): Language {
  return languages.find(({ called }) => called.test(request)) ?? python;
}

/** Whether a request names a language. */
export function namesLanguage(request: string): boolean {
  return languages.some(({ called }) => called.test(request));
}

/** A small program in a fence. @param request What was asked, in lower case. */
export function code(request: string): string {
  const { name, fence, code: body } = languageIn(request);
  const article = /^[AEIOS]/.test(name) && name !== "SQL" ? "some" : "a little";
  return `Here is ${article} ${name}:\n\n${fenced(fence, body)}\n\nI can't run it, only recite it.`;
}

export function fenced(info: string, body: string): string {
  return `\`\`\`${info}\n${body}\n\`\`\``;
}
