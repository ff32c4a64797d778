import { createLowlight } from "lowlight";
import type { Token } from "../replay/body/colours";
import { scriptParts } from "../replay/body/here-documents";
import { grammars, languageOf } from "../replay/body/languages";

// A script of its own: grammars are most of what the replay panel would have to load before it shows anything.
const lowlight = createLowlight(grammars);

function tokensIn(text: string, language: string): Token[] {
  const known = languageOf(language);
  return known === undefined ? [{ type: "text", value: text }] : lowlight.highlight(known, text).children;
}

globalThis.baselinerColours = (text, language) => {
  const known = languageOf(language);
  if (known === undefined) {
    return undefined;
  }
  // What a script writes to a file is not shell.
  const parts = known === "bash" ? scriptParts(text) : [{ text, language: known }];
  return { type: "root", children: parts.flatMap((part) => tokensIn(part.text, part.language)) };
};
