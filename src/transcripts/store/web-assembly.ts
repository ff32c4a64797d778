// What programs for WebAssembly are put together of: so few instructions need no compiler. Numbers are those of the specification,
// https://webassembly.github.io/spec/core/binary/.

/** What of WebAssembly is used; the types of Node.js do not have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly Module: new (program: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

const pageBytes = 2 ** 16;

const number = 0x7f;
const vector = 0x7b;

export const block = [0x02, 0x40] as const;
export const loop = [0x03, 0x40] as const;
export const when = [0x04, 0x40] as const;
export const end = 0x0b;
export const giveBack = 0x0f;
/** Leaves as many blocks more than the innermost, or begins a loop again. */
export const leave = (depth: number): number[] => [0x0c, depth];
export const leaveIf = (depth: number): number[] => [0x0d, depth];
export const get = (local: number): number[] => [0x20, local];
export const set = (local: number): number[] => [0x21, local];
/** Up to 63. */
export const constant = (value: number): number[] => [0x41, value];
export const minusOne = [0x41, 0x7f] as const;
/** What lies in the memory so far behind the address, which is no multiple of anything. */
export const byteAt = (offset: number): number[] => [0x2d, 0, ...unsigned(offset)];
export const halfAt = (offset: number): number[] => [0x2f, 0, ...unsigned(offset)];
export const numberAt = (offset: number): number[] => [0x28, 0, ...unsigned(offset)];
export const setNumberAt = (offset: number): number[] => [0x36, 0, ...unsigned(offset)];
export const isZero = 0x45;
export const isEqual = 0x46;
export const isOther = 0x47;
export const isLess = 0x48;
export const isGreater = 0x4a;
export const trailingZeros = 0x68;
export const plus = 0x6a;
export const minus = 0x6b;
export const both = 0x71;
export const shiftLeft = 0x74;
export const either = 0x72;
export const sixteenAt = [0xfd, 0x00, 0, 0] as const;
export const sixteenTimes = [0xfd, 0x07, 0, 0] as const;
export const areEqual = [0xfd, 0x23] as const;
export const bothVectors = [0xfd, 0x4e] as const;
export const eitherVector = [0xfd, 0x50] as const;
export const highBits = [0xfd, 0x64] as const;

/** A whole number from 0 on, seven bits a byte (LEB128). */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];
}

const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];

/** A function and what it needs. */
export interface Instructions {
  readonly parameters: number;
  /** Numbers of its own, and behind them vectors. */
  readonly numbers: number;
  readonly vectors: number;
  readonly body: readonly number[];
}

/** Memory of programs. */
export class ProgramMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1 });

  /** All of it, of so many bytes at least. It keeps its content when it grows; what was handed out before is of no use then. */
  reach(bytes: number): ArrayBuffer {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / pageBytes);
    if (missing > 0) {
      this.memory.grow(missing);
    }
    return this.memory.buffer;
  }
}

/** A function that gives back a number, over a memory. Calls it with its parameters. */
export type Program = (...parameters: number[]) => number;

/** Makes a function of its instructions. */
export function programOf({ parameters, numbers, vectors, body }: Instructions, { memory }: ProgramMemory): Program {
  const type = [0x60, ...unsigned(parameters), ...Array.from({ length: parameters }, () => number), 1, number];
  const code = [2, ...unsigned(numbers), number, ...unsigned(vectors), vector, ...body];
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, ...type]),
      ...section(2, [1, 0, 1, 0x6d, 2, 0, 1]),
      ...section(3, [1, 0]),
      ...section(7, [1, 1, 0x66, 0, 0]),
      ...section(10, [1, ...unsigned(code.length), ...code]),
    ]),
  );
  return (new WebAssembly.Instance(module, { "": { m: memory } }).exports as { f: Program }).f;
}
