/**
 * The name of a run that is asked for when the journal's last line has this
 * SHA-256: its first bits as a UUID of version 8 (RFC 9562, section 5.8). So the
 * box, which keeps its runs under their names, holds from outside what the journal
 * said before each of them.
 */
export function runNameAfter(lineSha256: string): string {
  const variant = (0x8 | (Number.parseInt(lineSha256.charAt(16), 16) & 0x3)).toString(16);
  const bits = `${lineSha256.slice(0, 12)}8${lineSha256.slice(13, 16)}${variant}${lineSha256.slice(17, 32)}`;
  return [bits.slice(0, 8), bits.slice(8, 12), bits.slice(12, 16), bits.slice(16, 20), bits.slice(20)].join("-");
}

/** Whether a run is named after a line of a journal. */
export function isNamedAfterLine(run: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(run);
}
