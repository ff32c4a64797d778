import type { LanguageFn } from "highlight.js";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import makefile from "highlight.js/lib/languages/makefile";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

type Language = "bash" | "cpp" | "css" | "diff" | "dockerfile" | "go" | "ini" | "javascript" | "json" | "makefile" | "python" | "rust" | "sql" | "typescript" | "xml" | "yaml";

export const grammars: Readonly<Record<Language, LanguageFn>> = { bash, cpp, css, diff, dockerfile, go, ini, javascript, json, makefile, python, rust, sql, typescript, xml, yaml };

const names: Readonly<Record<string, Language>> = {
  bash: "bash", sh: "bash", shell: "bash", zsh: "bash", console: "bash",
  c: "cpp", cc: "cpp", cpp: "cpp", "c++": "cpp", cu: "cpp", cuda: "cpp", cuh: "cpp", cxx: "cpp", h: "cpp", hpp: "cpp",
  css: "css",
  diff: "diff", patch: "diff",
  dockerfile: "dockerfile",
  go: "go", golang: "go",
  cfg: "ini", conf: "ini", ini: "ini", toml: "ini",
  cjs: "javascript", javascript: "javascript", js: "javascript", jsx: "javascript", mjs: "javascript",
  ipynb: "json", json: "json", jsonl: "json",
  makefile: "makefile", mk: "makefile",
  py: "python", py3: "python", python: "python", python3: "python", pyi: "python", pyx: "python",
  rs: "rust", rust: "rust",
  sql: "sql",
  ts: "typescript", tsx: "typescript", typescript: "typescript",
  htm: "xml", html: "xml", svg: "xml", xml: "xml",
  yaml: "yaml", yml: "yaml",
};

/** The language of a name such as `py`, or of a path; undefined where it is none of those that are coloured. */
export function languageOf(nameOrPath: string): Language | undefined {
  const name = nameOrPath.toLowerCase().replace(/^.*[\\/]/, "");
  const extension = name.includes(".") ? name.replace(/^.*\./, "") : name;
  return Object.hasOwn(names, extension) ? names[extension] : undefined;
}
