import type { EventColumns, Stretch } from "./columns";
import type { OutlineMode } from "./outline";

/** Of more samples it is not looked up when they were at work together. */
const mostSamples = 20_000;

/**
 * Says which share of the time of their sample spans and agents took, and samples of the time of all: from and to, each 0 to 1. Undefined where
 * there is no such time, and of what can only follow each other, such as turns.
 */
export function sharesOfTime(columns: EventColumns): (mode: OutlineMode, ordinal: number, stretch: Stretch | undefined) => readonly [from: number, to: number] | undefined {
  const wholes = new Map<number, Stretch | undefined>();
  const remembered = (key: number, make: () => Stretch | undefined): Stretch | undefined => {
    if (!wholes.has(key)) {
      wholes.set(key, make());
    }
    return wholes.get(key);
  };
  return (mode, ordinal, stretch) => {
    if (stretch === undefined || mode === "turns" || mode === "branches") {
      return undefined;
    }
    const whole = mode === "samples" ? remembered(-1, () => stretchOfAll(columns)) : remembered(columns.sampleRange(ordinal)[0], () => columns.stretch(...columns.sampleRange(ordinal)));
    if (whole === undefined || whole.to === whole.from) {
      return undefined;
    }
    const share = (time: number): number => Math.min(1, Math.max(0, (time - whole.from) / (whole.to - whole.from)));
    return [share(stretch.from), share(stretch.to)];
  };
}

function stretchOfAll(columns: EventColumns): Stretch | undefined {
  const { length } = columns.sampleBegins;
  if (length > mostSamples) {
    return undefined;
  }
  let whole: Stretch | undefined;
  for (let number = 0; number < length; number++) {
    const one = columns.sampleStretch(columns.sampleBegins.at(number));
    if (one !== undefined) {
      whole = whole === undefined ? one : { from: Math.min(whole.from, one.from), to: Math.max(whole.to, one.to) };
    }
  }
  return whole;
}
