/** Text that an event holds, with the way back to where it stands there. */
export interface PlacedText {
  readonly text: string;
  /** Where it stands in the event's text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Whether it stands there unit for unit, so that places in it can be told too. */
  readonly isExact: boolean;
}

/** A place in placed text as a place in the event's text. */
export function placeIn(placed: PlacedText, from: number, to: number): { start: number; end: number } {
  return placed.isExact ? { start: placed.start + from, end: Math.min(placed.end, placed.start + to) } : { start: placed.start, end: placed.end };
}

/** A part of `whole` as placed text of its own: exact where it stands there word for word. */
export function placedPart(whole: PlacedText, part: string, from: number, to: number): PlacedText {
  const { start, end } = placeIn(whole, from, to);
  const at = whole.isExact && part !== "" ? whole.text.indexOf(part, from) : -1;
  return at >= 0 && at + part.length <= to ? { text: part, start: whole.start + at, end: whole.start + at + part.length, isExact: true } : { text: part, start, end, isExact: false };
}

/** A value that an event's text holds, wherever in it. */
export function placedIn(eventText: string, value: string): PlacedText {
  const at = value === "" ? -1 : eventText.indexOf(value);
  return at >= 0 ? { text: value, start: at, end: at + value.length, isExact: true } : { text: value, start: 0, end: eventText.length, isExact: false };
}
