import type { ByteGraph, Edge } from "./byte-graph";

/** More of it is not needed to find a place. */
const maxBytes = 64;

/** The bytes that every match begins with, as far as they are always the same. Where case does not count, letters of ASCII stand for both of their cases. */
export function beginningOf({ edges, start, final }: ByteGraph, isCaseSensitive: boolean): Buffer {
  const bytes: number[] = [];
  let node = start;
  const passed = new Set<number>();
  while (bytes.length < maxBytes && node !== final && !passed.has(node)) {
    passed.add(node);
    const leaving = edges[node] ?? [];
    const [first] = leaving;
    if (first === undefined) {
      break;
    }
    if (leaving.length === 1 && first.bytes === undefined) {
      node = first.to;
      continue;
    }
    const byte = onlyByte(leaving, isCaseSensitive);
    if (byte === undefined) {
      break;
    }
    bytes.push(byte);
    node = first.to;
  }
  return Buffer.from(bytes);
}

/** The one byte that leads on from a node, or the small letter of the two cases that do. */
function onlyByte(leaving: readonly Edge[], isCaseSensitive: boolean): number | undefined {
  const [one, other, ...more] = leaving.map(({ to, bytes }) => ({ to, byte: bytes?.[0] === bytes?.[1] ? bytes?.[0] : undefined }));
  if (one?.byte === undefined || more.length > 0) {
    return undefined;
  }
  if (other === undefined) {
    return one.byte;
  }
  const isBothCases = !isCaseSensitive && other.to === one.to && other.byte === (one.byte | 0x20) && /[A-Z]/.test(String.fromCharCode(one.byte));
  return isBothCases ? other.byte : undefined;
}
