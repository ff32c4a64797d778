/**
 * Makes text from a box or a solution fit for one line of a tree, a tooltip or a
 * message: control characters, bidirectional overrides and line breaks become
 * spaces, and text over `limit` UTF-16 units is cut with an ellipsis.
 */
export function singleLine(text: string, limit = 200): string {
  const plain = text
    .replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > limit ? `${plain.slice(0, limit - 1)}…` : plain;
}

/**
 * The same for a message of VS Code, which would turn `[text](command:…)` into a
 * link that runs the command.
 */
export function messageText(text: string, limit = 500): string {
  return singleLine(text, limit).replaceAll("](", "] (");
}

/** A length in bytes for a person, such as `85.5 GB`; 1 GB is 10⁹ bytes. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[power] ?? ""}`;
}
