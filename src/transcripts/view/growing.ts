type Numbers = Float64Array | Int32Array | Uint8Array;

/** A list of numbers of one type that grows at its end. */
export class Growing<Array extends Numbers> {
  private values: Array;
  private filled = 0;

  constructor(private readonly make: (length: number) => Array) {
    this.values = make(1024);
  }

  get length(): number {
    return this.filled;
  }

  /** The value at a place that is there. */
  at(index: number): number {
    return this.values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  push(value: number): void {
    if (this.filled === this.values.length) {
      const larger = this.make(this.filled * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.filled++] = value;
  }

  insert(index: number, value: number): void {
    this.push(value);
    this.values.copyWithin(index + 1, index, this.filled - 1);
    this.values[index] = value;
  }

  truncate(length: number): void {
    this.filled = Math.min(this.filled, length);
  }

  /** Of values in rising order, how many are less than or equal to `value`. */
  countUpTo(value: number): number {
    let low = 0;
    let high = this.filled;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

export const growingBytes = (): Growing<Uint8Array> => new Growing((length) => new Uint8Array(length));
export const growingIntegers = (): Growing<Int32Array> => new Growing((length) => new Int32Array(length));
export const growingNumbers = (): Growing<Float64Array> => new Growing((length) => new Float64Array(length));
