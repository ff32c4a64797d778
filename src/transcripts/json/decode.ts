import { isAscii } from "node:buffer";

/** Shorter ones are decoded as quickly as looked at. */
const leastBytes = 64;

/** UTF-8 as text. Most of what tools write is ASCII, which is copied instead of decoded. */
export function decoded(bytes: Buffer): string {
  return bytes.length >= leastBytes && isAscii(bytes) ? bytes.toString("latin1") : bytes.toString("utf8");
}
