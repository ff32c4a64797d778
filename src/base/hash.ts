import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of bytes or UTF-8 text, in lower-case hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return hash("sha256", content);
}

/** SHA-256 and length in bytes of a file, or of its first `limit` bytes, read as a stream. */
export async function sha256OfFile(path: string, limit = Infinity): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { end: limit - 1 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}
