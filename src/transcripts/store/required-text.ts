/** The longest text that everything a regular expression (of RE2) matches contains, as far as a glance at it tells; "" where it does not. */
export function requiredText(pattern: string, isCaseSensitive: boolean): string {
  // Flags, alternatives, quoting and escapes that are more than one sign of punctuation or a class are left to the real reader.
  if (/\\[^dDwWsSbBtnrfv\W]|\(\?(?!:|P?<)|[^\x20-\x7e]/.test(pattern) || !isPlain(pattern)) {
    return "";
  }
  let longest = "";
  let text = "";
  let depth = 0;
  const end = (): void => {
    longest = text.length > longest.length ? text : longest;
    text = "";
  };
  for (const [token] of pattern.matchAll(tokens)) {
    switch (token[0]) {
      case "(":
        end();
        depth++;
        break;
      case ")":
        end();
        depth--;
        break;
      case "*":
      case "?":
      case "{":
        text = text.slice(0, -1);
        end();
        break;
      case "|":
        if (depth === 0) {
          return "";
        }
        break;
      case "+":
      case "[":
      case ".":
      case "^":
      case "$":
        end();
        break;
      default: {
        const character = token.startsWith("\\") ? token.slice(1) : token;
        const isOneOfItself = !token.startsWith("\\") || /\W/.test(character);
        // Some letters have a third case beyond ASCII: the sign of the kelvin, and the long s.
        if (depth === 0 && isOneOfItself && (isCaseSensitive || !/[ks]/i.test(character))) {
          text += character;
        } else {
          end();
        }
      }
    }
  }
  end();
  return longest;
}

const tokens = /\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\((?:\?(?::|P?<\w*>))?|\{\d+(?:,\d*)?\}|[^]/g;

/** Whether no bracket or brace is left over, which would be read in another way. */
function isPlain(pattern: string): boolean {
  return !/[[{]/.test(pattern.replace(tokens, (token) => (token.length > 1 ? "" : token)));
}
