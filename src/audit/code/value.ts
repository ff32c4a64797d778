/** What is known of how a value came about, as bits. */
export const trait = {
  /** From a random number generator. */
  random: 1,
  /** From the variable of a loop over a range. */
  counted: 2,
  /** From a function of mathematics such as exp. */
  closed: 4,
  /** From what the code does not tell: a parameter, a file, a model. */
  unknown: 8,
  /** From a clock. */
  clock: 16,
  /** A few numbers about data rather than the data. */
  reduced: 32,
  /** What two sets of data differ by: with one of them it gives the other again. */
  difference: 64,
} as const;

/** What several values share that are parts of one object, such as a model and its parameters: a change of one is a change of all. */
export interface Cell {
  traits: number;
  /** Paths that it was loaded from. */
  readonly origins: Set<string>;
}

/** What is known of a value without running anything. */
export interface Value {
  readonly cell: Cell;
  /** The full name of a member of a module, such as `torch.cuda.synchronize`. */
  readonly name?: string | undefined;
  /** A text, or a path; `*` stands for what is not known of it. */
  readonly text?: string | undefined;
  /** Elements of a list or tuple that is written out. */
  readonly items?: readonly Value[] | undefined;
  /** Values by key of a dictionary that is written out. */
  readonly entries?: ReadonlyMap<string, Value> | undefined;
  /** The path of an open file. */
  readonly file?: string | undefined;
  /** What kind of object it is, where that matters. */
  readonly kind?: "path" | "arguments" | "parser" | "true" | "environment" | "class" | "archive" | undefined;
  /** A function of the code itself. */
  readonly function?: string | undefined;
  /** The class of the code itself that it is an object of. */
  readonly instance?: string | undefined;
  /** A number as it is written. */
  readonly number?: string | undefined;
  /** What a member of an object is called that was asked for by a text. */
  readonly member?: string | undefined;
  /** What is in a file of settings that was read. */
  readonly content?: string | undefined;
  /** Texts that were put into one that is not known, such as by replacing. */
  readonly added?: readonly string[] | undefined;
}

export function newCell(traits = 0, origins: Iterable<string> = []): Cell {
  return { traits, origins: new Set(origins) };
}

export const unknownValue = (): Value => ({ cell: newCell(trait.unknown) });

/** A value that was made from others. */
export function made(from: readonly (Value | undefined)[], traits = 0): Value {
  const cell = newCell(traits);
  from.forEach((value) => value !== undefined && pour(cell, value));
  return { cell };
}

/** A text that is put together: with one part that is data, it is data, whatever else it tells. */
export function joined(parts: readonly Value[]): Value {
  const value = made(parts);
  if (parts.some(({ cell }) => cell.origins.size > 0 && (cell.traits & trait.reduced) === 0)) {
    value.cell.traits &= ~trait.reduced;
  }
  return value;
}

/** Of lists inside of lists so many are looked at. */
const maxPoured = 300;

/** Lets a value become part of what shares the cell. */
export function pour(cell: Cell, value: Value, seen?: Set<Value>): void {
  cell.traits |= value.cell.traits;
  // A few origins say all there is to say; more would make large modules slow.
  for (const origin of value.cell.origins) {
    if (cell.origins.size >= 16) {
      break;
    }
    cell.origins.add(origin);
  }
  if (value.items !== undefined) {
    // A list may hold another one many times, and that a third.
    const all = (seen ?? new Set()).add(value);
    value.items.forEach((item) => item.cell !== cell && all.size < maxPoured && !all.has(item) && pour(cell, item, all));
  }
}

/** The path that a value is, if any: of an open file, or its text. */
export function pathOf(value: Value | undefined): string | undefined {
  return value?.file ?? value?.text;
}

/** Longer texts are no paths and no names; nothing is asked of them. UTF-16 units. */
const maxText = 2 ** 16;

/** A text that was put together, unless it has become too long to say anything. */
export function boundedText(...parts: readonly string[]): string | undefined {
  return parts.reduce((sum, { length }) => sum + length, 0) > maxText ? undefined : parts.join("");
}

/** What stands for each of several values: of paths, all of them in braces. */
export function anyOf(items: readonly Value[]): Pick<Value, "text" | "kind" | "name"> {
  const [first] = items;
  const texts = items.map(({ text }) => text);
  const arePaths = items.length > 1 && items.length <= 20 && texts.every((text) => text !== undefined && text.includes("/") && !/[{},]/.test(text));
  return { text: arePaths ? `{${texts.join(",")}}` : first?.text, kind: first?.kind, name: first?.name };
}
