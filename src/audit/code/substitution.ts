/** What a script of `sed` or `perl` puts in the place of what: `s/a/b/`, with any delimiter, and before it the lines that it is for. */
export function substitutionIn(script: string): { readonly pattern: string; readonly replacement: string } | undefined {
  const delimiter = /^(?:[\d,$]*|\/[^/]*\/)\s*s([^\w\s\\])/.exec(script);
  if (delimiter === null) {
    return undefined;
  }
  const sign = delimiter[1] ?? "/";
  const parts = [""];
  for (let at = delimiter[0].length; at < script.length && parts.length < 3; at++) {
    const unit = script.charAt(at);
    if (unit === "\\" && script.charAt(at + 1) === sign) {
      parts.push(`${parts.pop() ?? ""}${sign}`);
      at++;
    } else if (unit === sign) {
      parts.push("");
    } else {
      parts.push(`${parts.pop() ?? ""}${unit === "\\" ? unit + script.charAt(++at) : unit}`);
    }
  }
  const [pattern = "", replacement] = parts;
  return replacement === undefined || pattern === "" ? undefined : { pattern, replacement };
}
