import {
  c,
  clike,
  cpp,
  csharp,
  dart,
  java,
  kotlin,
  objectiveC,
  scala,
  shader,
} from "@codemirror/legacy-modes/mode/clike";
import { clojure } from "@codemirror/legacy-modes/mode/clojure";
import { cmake } from "@codemirror/legacy-modes/mode/cmake";
import { css, less, sCSS } from "@codemirror/legacy-modes/mode/css";
import { diff } from "@codemirror/legacy-modes/mode/diff";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { elm } from "@codemirror/legacy-modes/mode/elm";
import { erlang } from "@codemirror/legacy-modes/mode/erlang";
import { go } from "@codemirror/legacy-modes/mode/go";
import { groovy } from "@codemirror/legacy-modes/mode/groovy";
import { haskell } from "@codemirror/legacy-modes/mode/haskell";
import { http } from "@codemirror/legacy-modes/mode/http";
import {
  javascript,
  json,
  typescript,
} from "@codemirror/legacy-modes/mode/javascript";
import { julia } from "@codemirror/legacy-modes/mode/julia";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { fSharp, oCaml } from "@codemirror/legacy-modes/mode/mllike";
import { nginx } from "@codemirror/legacy-modes/mode/nginx";
import { octave } from "@codemirror/legacy-modes/mode/octave";
import { perl } from "@codemirror/legacy-modes/mode/perl";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { protobuf } from "@codemirror/legacy-modes/mode/protobuf";
import { python } from "@codemirror/legacy-modes/mode/python";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { scheme } from "@codemirror/legacy-modes/mode/scheme";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { standardSQL } from "@codemirror/legacy-modes/mode/sql";
import { stex } from "@codemirror/legacy-modes/mode/stex";
import { swift } from "@codemirror/legacy-modes/mode/swift";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { html, xml } from "@codemirror/legacy-modes/mode/xml";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";

/** A parser that reads a line at a time. */
export type LineParser = ReturnType<typeof clike>;

/** A language that code blocks can have. */
export interface Language {
  /** As it is shown. */
  name: string;
  parser: LineParser;
}

const words = (text: string) =>
  Object.fromEntries(text.split(" ").map((word) => [word, true]));

const php = clike({
  name: "php",
  keywords: words(
    "abstract and array as break case catch class clone const continue declare default do echo else elseif enum extends final finally fn for foreach function global goto if implements include include_once instanceof insteadof interface isset list match namespace new or print private protected public readonly require require_once return static switch throw trait try unset use var while xor yield",
  ),
  types: words("bool callable float int iterable mixed object string void"),
  atoms: words("true false null TRUE FALSE NULL self parent"),
  multiLineStrings: true,
  hooks: {
    $: (stream: { eatWhile(match: RegExp): boolean }) => {
      stream.eatWhile(/[\w$]/);
      return "variable";
    },
    "#": (stream: { match(p: string): unknown; skipToEnd(): void }) => {
      if (stream.match("[")) return "meta";
      stream.skipToEnd();
      return "comment";
    },
  },
});

/** The names of a language in a fence, after the name that is shown. */
const names: [string, LineParser, ...string[]][] = [
  ["JavaScript", javascript, "javascript", "js", "jsx", "mjs", "cjs", "node"],
  ["TypeScript", typescript, "typescript", "ts", "tsx", "mts", "cts"],
  ["JSON", json, "json", "json5", "jsonc", "jsonl", "ndjson"],
  ["Python", python, "python", "py", "python3", "pycon", "ipython"],
  ["Shell", shell, "shell", "sh", "bash", "zsh", "console", "shellsession"],
  ["SQL", standardSQL, "sql", "postgresql", "postgres", "mysql", "sqlite"],
  ["HTML", html, "html", "htm", "vue", "svelte", "handlebars"],
  ["XML", xml, "xml", "svg", "xsl", "plist", "mathml"],
  ["CSS", css, "css"],
  ["SCSS", sCSS, "scss", "sass"],
  ["Less", less, "less"],
  ["YAML", yaml, "yaml", "yml"],
  ["TOML", toml, "toml"],
  ["INI", properties, "ini", "properties", "env", "dotenv", "editorconfig"],
  ["Diff", diff, "diff", "patch"],
  ["C", c, "c", "h"],
  ["C++", cpp, "cpp", "c++", "cc", "cxx", "hpp", "arduino"],
  ["C#", csharp, "csharp", "c#", "cs"],
  ["Java", java, "java"],
  ["Kotlin", kotlin, "kotlin", "kt", "kts"],
  ["Scala", scala, "scala"],
  ["Dart", dart, "dart"],
  ["Objective-C", objectiveC, "objectivec", "objective-c", "objc"],
  ["GLSL", shader, "glsl", "hlsl", "wgsl", "shader"],
  ["PHP", php, "php"],
  ["Go", go, "go", "golang"],
  ["Rust", rust, "rust", "rs"],
  ["Swift", swift, "swift"],
  ["Ruby", ruby, "ruby", "rb"],
  ["Perl", perl, "perl", "pl"],
  ["Lua", lua, "lua"],
  ["R", r, "r"],
  ["Julia", julia, "julia", "jl"],
  ["MATLAB", octave, "matlab", "octave"],
  ["Haskell", haskell, "haskell", "hs"],
  ["OCaml", oCaml, "ocaml", "ml"],
  ["F#", fSharp, "fsharp", "f#", "fs"],
  ["Elm", elm, "elm"],
  ["Erlang", erlang, "erlang", "erl"],
  ["Clojure", clojure, "clojure", "clj", "edn"],
  ["Scheme", scheme, "scheme", "lisp", "racket", "elisp"],
  ["Groovy", groovy, "groovy", "gradle"],
  ["PowerShell", powerShell, "powershell", "ps1", "pwsh"],
  ["Dockerfile", dockerFile, "dockerfile", "docker", "containerfile"],
  ["nginx", nginx, "nginx"],
  ["CMake", cmake, "cmake"],
  ["Protocol Buffers", protobuf, "protobuf", "proto"],
  ["LaTeX", stex, "latex", "tex"],
  ["HTTP", http, "http"],
];

const languages = new Map<string, Language>(
  names.flatMap(([name, parser, ...aliases]) =>
    aliases.map((alias): [string, Language] => [alias, { name, parser }]),
  ),
);

/** @param word As written after a fence. */
export const languageNamed = (word: string): Language | undefined =>
  languages.get(word.toLowerCase());
