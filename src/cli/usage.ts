/** What a list of commands says of those that begin with these words, each with the lines below it; the whole list where none does. */
export function usageOf(usage: string, words: readonly string[]): string {
  const [heading = ""] = usage.split("\n", 1);
  const wanted = `  ${words.join(" ")}`;
  const lines: string[] = [];
  let isWanted = false;
  for (const line of usage.split("\n").slice(1)) {
    if (/^ {0,2}\S/.test(line) || line === "") {
      isWanted = words.length > 0 && (line === wanted || line.startsWith(`${wanted} `));
    }
    if (isWanted) {
      lines.push(line);
    }
  }
  return lines.length === 0 ? usage : `${heading}\n\n${lines.join("\n")}\n`;
}
