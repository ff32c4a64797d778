/**
 * One word of a POSIX shell's input that stands for exactly this text.
 * @throws {RangeError} for text with a NUL character, which no word can hold
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) {
    throw new RangeError("A word of a shell cannot hold a NUL character.");
  }
  return `'${text.replaceAll("'", "'\\''")}'`;
}
