/** Where a list stands: the row `index` has its top edge `top` pixels below that of the view. */
export interface Anchor {
  readonly index: number;
  readonly top: number;
}

/** A scroll bar cannot be longer than this, in pixels; browsers draw none above some 33 million. */
const longestScroll = 8_000_000;

/** How high a scrolled area is: as all rows together, as far as their heights are known. */
export function scrollHeight(count: number, averageHeight: number, viewHeight: number): number {
  return Math.max(viewHeight, Math.min(longestScroll, Math.round(count * averageHeight)));
}

/** Where the scroll bar stands at an anchor. `rowHeight` is that of the anchor's row. */
export function scrollTopOf(anchor: Anchor, rowHeight: number, count: number, scrollable: number, atStart: boolean, atEnd: boolean): number {
  if (atStart || count === 0) {
    return 0;
  }
  if (atEnd) {
    return scrollable;
  }
  const within = rowHeight > 0 ? Math.min(1, Math.max(0, -anchor.top / rowHeight)) : 0;
  // Not quite the ends, so that there is room to scroll there.
  return Math.min(scrollable - 1, Math.max(1, ((anchor.index + within) / count) * scrollable));
}

/** The row that the scroll bar was dragged to. */
export function indexOfScroll(scrollTop: number, count: number, scrollable: number): number {
  return scrollable <= 0 ? 0 : Math.max(0, Math.min(count - 1, Math.floor((scrollTop / scrollable) * count)));
}

/** Rows that are drawn, and how high each is. */
export interface Drawn {
  readonly first: number;
  readonly heights: readonly number[];
}

/**
 * How the rows lie once those that are drawn have the heights they have: the anchor stays where it is, unless the list
 * ends before the view does. Returns the top of the first drawn row, and the anchor by the topmost row that is to be seen.
 */
export function settle(anchor: Anchor, drawn: Drawn, count: number, viewHeight: number): { readonly top: number; readonly anchor: Anchor } {
  const { first, heights } = drawn;
  let above = 0;
  for (let index = first; index < anchor.index; index++) {
    above += heights[index - first] ?? 0;
  }
  let top = anchor.top - above;
  const height = heights.reduce((sum, one) => sum + one, 0);
  if (first + heights.length >= count && top + height < viewHeight) {
    top = viewHeight - height;
  }
  if (first === 0 && top > 0) {
    top = 0;
  }
  let index = first;
  let rowTop = top;
  while (index - first < heights.length - 1 && rowTop + (heights[index - first] ?? 0) <= 0) {
    rowTop += heights[index - first] ?? 0;
    index++;
  }
  return { top, anchor: { index, top: rowTop } };
}

/** Which rows more to draw, and which no more: the view and `overscan` pixels on both sides are to be covered. */
export function coverage(top: number, drawn: Drawn, count: number, viewHeight: number, overscan: number, averageHeight: number): { readonly before: number; readonly behind: number; readonly dropBefore: number; readonly dropBehind: number } {
  const { first, heights } = drawn;
  const bottom = heights.reduce((sum, one) => sum + one, top);
  const rows = (pixels: number): number => Math.max(0, Math.ceil(pixels / Math.max(20, averageHeight)));
  let dropBefore = 0;
  let edge = top;
  while (dropBefore < heights.length - 1 && edge + (heights[dropBefore] ?? 0) < -2 * overscan) {
    edge += heights[dropBefore] ?? 0;
    dropBefore++;
  }
  let dropBehind = 0;
  edge = bottom;
  while (dropBehind < heights.length - 1 - dropBefore && edge - (heights[heights.length - 1 - dropBehind] ?? 0) > viewHeight + 2 * overscan) {
    edge -= heights[heights.length - 1 - dropBehind] ?? 0;
    dropBehind++;
  }
  return {
    before: dropBefore > 0 ? 0 : Math.min(first, rows(top + overscan)),
    behind: dropBehind > 0 ? 0 : Math.min(count - first - heights.length, rows(viewHeight + overscan - bottom)),
    dropBefore,
    dropBehind,
  };
}
