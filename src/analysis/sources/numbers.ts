/**
 * A number as score logs write it: also `nan`, `inf` and `-Infinity` in any case. An empty text, `null` and `none` are null;
 * what is no number at all is undefined.
 */
export function scoreOfText(text: string): number | null | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === "" || plain === "null" || plain === "none") {
    return null;
  }
  if (plain === "nan" || plain === "-nan") {
    return NaN;
  }
  const infinite = /^([+-]?)inf(inity)?$/.exec(plain);
  if (infinite !== null) {
    return infinite[1] === "-" ? -Infinity : Infinity;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/** The same for a value of JSON. */
export function scoreOfValue(value: unknown): number | null | undefined {
  if (value === null || value === undefined) {
    return null;
  }
  return typeof value === "number" ? value : typeof value === "string" ? scoreOfText(value) : undefined;
}

/**
 * A moment as ms since the epoch, from ISO 8601 text (without a zone: UTC; only differences count) or a number of seconds or,
 * from 10^11 on, milliseconds. Undefined for anything else.
 */
export function momentOf(value: unknown): number | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) ? (Math.abs(value) < 1e11 ? value * 1000 : value) : undefined;
  }
  if (typeof value !== "string") {
    return undefined;
  }
  const plain = value.trim();
  if (/^\d+(\.\d+)?$/.test(plain)) {
    return momentOf(Number(plain));
  }
  // Python writes microseconds; JavaScript reads milliseconds.
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)([.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?$/i.exec(plain);
  if (match === null) {
    return undefined;
  }
  const zone = (match[4] ?? "Z").replace(/^([+-]\d\d)(\d\d)$/, "$1:$2").toUpperCase();
  const whole = Date.parse(`${match[1] ?? ""}T${match[2] ?? ""}${zone}`);
  return Number.isNaN(whole) ? undefined : whole + Number(`0.${(match[3] ?? ".0").slice(1)}`) * 1000;
}
