/** A JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined for anything else. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text, or undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value as a finite number, or undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Text or number as text: what formats use for ids. */
export function idOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
}

/** A member of what may be an object. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    const object = objectOf(found);
    found = object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
  }
  return found;
}

const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(?:[.,]\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * A time in ms since the epoch: from ISO 8601 text, where one without a zone is taken as UTC, or from a number,
 * which is seconds or, from 10^11 on, milliseconds. Undefined for anything else and for years out of reach.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") {
    const milliseconds = Math.abs(value) < 1e11 ? value * 1000 : value;
    return Number.isFinite(milliseconds) && Math.abs(milliseconds) <= 8.64e15 ? milliseconds : undefined;
  }
  if (typeof value !== "string") {
    return undefined;
  }
  const match = iso.exec(value);
  if (match === null) {
    return undefined;
  }
  if (match[2] === "Z" && value[10] === "T" && !value.includes(",")) {
    const time = Date.parse(value);
    return Number.isNaN(time) ? undefined : time;
  }
  const zoned = match[2] === undefined ? `${value}Z` : value;
  const time = Date.parse(zoned.replace(" ", "T").replace(",", "."));
  return Number.isNaN(time) ? undefined : time;
}

/** Parses text that may be JSON, such as the arguments of a call. Undefined where it is not. */
export function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A value as readable text: text as it is, anything else as indented JSON. What is nested too deeply to print says so. */
export function shownText(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (value === undefined || value === null) {
    return "";
  }
  try {
    return JSON.stringify(value, undefined, 2);
  } catch {
    return "(nested too deeply to be shown; see the raw source)";
  }
}

/** The object without the named members: what is left is kept as fields, so that nothing unknown is lost. */
export function without(object: JsonObject, ...names: readonly string[]): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value !== null && value !== undefined && !names.includes(name)) {
      setMember(rest, name, value);
    }
  }
  return rest;
}

/** Sets a member; one called `__proto__` is a member like any other. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

/** The members that are there; those that are undefined are left out. */
export function present<Value extends object>(object: Value): { [Name in keyof Value]?: Exclude<Value[Name], undefined> } {
  const given = object as Readonly<Record<string, unknown>>;
  const rest: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) {
      rest[name] = value;
    }
  }
  return rest as { [Name in keyof Value]?: Exclude<Value[Name], undefined> };
}
