/** Numbers that fall into one bin are put in order one by one, which is quick for few of them only. */
const mostInBin = 64;

/**
 * The order that puts numbers of 0 or more ascending; equal ones stay as they are. Times of attempts are spread evenly enough to be put into
 * bins first, which is many times faster than comparing them; numbers that are not are compared.
 */
export function orderOf(numbers: Float64Array): Uint32Array {
  const { length } = numbers;
  let highest = 0;
  for (let index = 0; index < length; index++) {
    highest = Math.max(highest, numbers[index] ?? 0);
  }
  const bins = Math.max(1, length);
  const scale = highest === 0 ? 0 : (bins * (1 - 1e-9)) / highest;
  if (!Number.isFinite(scale)) {
    return compared(numbers);
  }
  const ends = new Uint32Array(bins + 1);
  for (let index = 0; index < length; index++) {
    const bin = 1 + Math.floor((numbers[index] ?? 0) * scale);
    ends[bin] = (ends[bin] ?? 0) + 1;
  }
  if (length > mostInBin && ends.some((count) => count > mostInBin)) {
    return compared(numbers);
  }
  for (let bin = 0; bin < bins; bin++) {
    ends[bin + 1] = (ends[bin + 1] ?? 0) + (ends[bin] ?? 0);
  }
  const starts = ends.slice();
  const order = new Uint32Array(length);
  for (let index = 0; index < length; index++) {
    const value = numbers[index] ?? 0;
    const bin = Math.floor(value * scale);
    let place = ends[bin] ?? 0;
    ends[bin] = place + 1;
    for (; place > (starts[bin] ?? 0) && (numbers[order[place - 1] ?? 0] ?? 0) > value; place--) {
      order[place] = order[place - 1] ?? 0;
    }
    order[place] = index;
  }
  return order;
}

function compared(numbers: Float64Array): Uint32Array {
  return Uint32Array.from(numbers.keys()).sort((one, other) => (numbers[one] ?? 0) - (numbers[other] ?? 0));
}

/** The numbers in an order. */
export function inOrder<Numbers extends Float64Array | Uint32Array>(numbers: Numbers, order: Uint32Array): Numbers {
  const ordered = numbers.slice() as Numbers;
  for (let index = 0; index < order.length; index++) {
    ordered[index] = numbers[order[index] ?? 0] ?? 0;
  }
  return ordered;
}
