import type { ReplayListing, ReplayRow } from "../../src/protocol";
import { element } from "./dom";
import { afterFrame, nextFrame } from "./frames";
import { plural } from "./formats";
import { placeholderRow, RowView, type RowActions } from "./row-view";
import { Rows } from "./rows";
import { type Anchor, coverage, indexOfScroll, scrollHeight, scrollTopOf, settle } from "./window";

/** Rows are drawn so many pixels beyond the view, and fetched so many further. */
const overscan = 600;
const fetchAhead = 60;
/** A scroll over more than so many views is a jump. */
const jumpViews = 3;
/** The scroll bar is put right when scrolling has rested so long, in ms. */
const restAfter = 150;
/** Bodies are drawn for so long in a frame, in ms; those that are to be seen first. The others come with the next frames. */
const drawBudget = 6;
/** Of bodies that are not in view yet, no more than so many are drawn in a frame: the browser lays out and paints each, too. */
const mostAhead = 2;
/** Where all of the view is drawn anew again within this, in ms, what lies around it waits until that rests so long: nobody gets to see it. */
const aroundAfter = 150;
/** Where the current event changes faster than this, in ms, the focus waits. While it plays, longer: a screen reader begins to speak of each that has it. */
const focusAfter = 250;
const focusAfterPlaying = 1000;
/** How high rows are as a rule, in pixels: in full, and on one line. */
const likelyHeight = 90;
const compactHeight = 26;
/** An event that was gone to is waited for no longer than so many frames. */
const mostFrames = 60;
/** From the top of the view, where an event is brought to. */
const margin = 28;

/** The list of events: only what is to be seen is in the page, however many there are. */
export class EventList {
  readonly element: HTMLElement;
  private readonly stage = element("div", { class: "stage" });
  private readonly column = element("div", { class: "column" });
  private readonly spacer = element("div", { class: "spacer" });
  private readonly empty = element("p", { class: "empty", hidden: true });
  private readonly rows: Rows;
  private drawn: RowView[] = [];
  private first = 0;
  private anchor: Anchor = { index: 0, top: 0 };
  private currentIndex = 0;
  private viewHeight = 0;
  private viewWidth = 0;
  /** Where the first row that is drawn lies, in pixels below the top of the view. */
  private top = 0;
  private wantsFocus = false;
  private lastScrollTop = 0;
  private averageHeight = likelyHeight;
  private measured = 0;
  /** How high the rows are that are drawn; those that were not measured yet are taken to be as high as others on average. */
  private heights: number[] = [];
  /** Whether rows may have other heights than when they were measured. */
  private isChanged = false;
  private rest = 0;
  private straightening = 0;
  private cancelFrame: (() => void) | undefined;
  /** Indexes of rows that are drawn otherwise than is known by now. */
  private readonly stale = new Set<number>();
  private drawUntil = 0;
  /** How many bodies out of view may still be drawn in this frame. */
  private leftAhead = 0;
  /** When all of the view was drawn anew last, and from when on what lies around it is drawn, too. */
  private restartedAt = -Infinity;
  private aroundFrom = -Infinity;
  private around = 0;
  private label = "";
  private focusing = 0;
  private focusAfter = focusAfter;
  /** When another event was gone to last, and whether that was soon after the time before. */
  private wentAt = -Infinity;
  private isFast = false;
  /** How high rows are drawn that are not known yet: about as high as the others, so that few of them move when they are. */
  private unknownHeight = likelyHeight;

  /** @param chosen called when a person clicks on an event */
  constructor(
    private readonly actions: RowActions,
    private readonly chosen: (row: ReplayRow) => void,
    private readonly moved: () => void,
  ) {
    this.element = element("div", { class: "list", role: "grid", tabindex: 0, "aria-label": "Events", "aria-colcount": 1 }, this.stage, this.spacer);
    this.stage.append(this.column, this.empty);
    this.rows = new Rows((from, to) => this.arrived(from, to));
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // The browser scrolls the stage to what Tab leads to; here nothing scrolls but by the anchor.
    this.stage.addEventListener("scroll", () => this.takeScroll(), { passive: true });
    this.element.addEventListener("wheel", (event) => this.wheeled(event), { passive: true });
    this.element.addEventListener("click", (event) => this.clicked(event));
    new ResizeObserver(() => this.resized()).observe(this.element);
  }

  get count(): number {
    return this.rows.count;
  }

  get current(): number {
    return this.currentIndex;
  }

  /** The row of an index, where it is known. */
  row(index: number): ReplayRow | undefined {
    return this.rows.row(index);
  }

  /** The view of the current event, where it is drawn. */
  get currentView(): RowView | undefined {
    return this.drawn[this.currentIndex - this.first];
  }

  /** The view of the current event, once that is drawn and is the one that is meant; undefined where it is not soon, or is not wanted any more. */
  async viewWhen(isMeant: (row: ReplayRow) => boolean, isWanted: () => boolean): Promise<RowView | undefined> {
    for (let tries = 0; tries < mostFrames && isWanted(); tries++) {
      const view = this.currentView;
      if (view?.row !== undefined && isMeant(view.row)) {
        return view;
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return undefined;
  }

  /** Pixels from the top of the view to the current event. */
  get offset(): number | undefined {
    return this.currentView === undefined ? undefined : this.topOf(this.currentIndex - this.first);
  }

  get isCurrentInView(): boolean {
    const { offset } = this;
    return offset !== undefined && offset >= 0 && offset < this.viewHeight;
  }

  /** Takes over how many events are listed now. Where it is another list, `current` is the event to stay at. */
  relist(listing: ReplayListing, current?: number): void {
    const offset = this.offset;
    this.rows.relist(listing);
    if (current !== undefined) {
      this.currentIndex = current;
      this.anchor = { index: current, top: offset ?? margin };
    }
    this.currentIndex = Math.max(0, Math.min(this.currentIndex, listing.count - 1));
    // What is shown of the same list stays until it is known anew: else the view would be empty in between.
    this.clear(current === undefined ? listing.count : 0);
    if (this.anchor.index >= listing.count) {
      this.anchor = { index: Math.max(0, listing.count - 1), top: 0 };
    }
    this.draw();
    this.straighten();
  }

  /** Draws what is in view, all of it and at once: for the first frame. What lies around it comes with the next. */
  show(): void {
    this.viewWidth = this.element.clientWidth;
    this.viewHeight = this.element.clientHeight;
    this.stage.style.height = `${this.viewHeight}px`;
    this.draw(Infinity);
    this.straighten();
    this.cancelFrame?.();
    this.cancelFrame = undefined;
    afterFrame(() => this.drawSoon());
  }

  /** Takes rows that came without being asked for. */
  take(rows: readonly ReplayRow[]): void {
    this.rows.take(rows);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined && last !== undefined) {
      this.arrived(first.index, last.index + 1);
    }
  }

  /** Fetches the rows anew: what is searched for has changed. */
  refresh(): void {
    this.rows.forget();
    this.fetch();
  }

  /** Shows each event but the current one on one line, or all of them in full. The current one stays where it is. */
  setCompact(isCompact: boolean): void {
    this.wantsFocus ||= this.stage.contains(document.activeElement);
    this.anchor = { index: this.currentIndex, top: this.offset ?? margin };
    this.element.classList.toggle("compact", isCompact);
    // What rows had on average they have no more.
    this.averageHeight = isCompact ? compactHeight : likelyHeight;
    this.measured = 0;
    this.clear(0);
    this.draw();
    // It may be higher than it was.
    this.go(this.currentIndex);
  }

  /** Draws all rows anew, which may have other heights then. The current one stays where it is. */
  redraw(): void {
    this.holdCurrent();
    this.drawn.forEach((view) => view.redraw());
    this.relayout();
    this.restLater();
  }

  /** What stands under events has changed: findings, decisions, notes. */
  remark(): void {
    this.drawn.forEach((view) => view.remark());
    this.relayout();
  }

  /** The view of the event of which something is selected. */
  get selectedView(): RowView | undefined {
    return this.drawn.find((view) => view.row !== undefined && view.selection() !== undefined);
  }

  /** Makes an event the current one and brings it into view; `offset` pixels below the top, where that is said. */
  go(index: number, offset?: number): void {
    const to = Math.max(0, Math.min(index, this.count - 1));
    const before = this.currentView;
    this.currentIndex = to;
    const view = this.currentView;
    // A button of the current event that was pressed keeps the focus.
    const isWithin = view === before && view?.element.contains(document.activeElement) === true;
    const had = this.wantsFocus || (this.stage.contains(document.activeElement) && !isWithin);
    const now = performance.now();
    this.isFast = now - this.wentAt < this.focusAfter;
    this.wentAt = now;
    if (view === undefined || offset !== undefined) {
      this.anchor = { index: to, top: offset ?? margin };
    } else {
      const top = this.topOf(to - this.first);
      const height = this.heights[to - this.first] ?? 0;
      if (top < margin) {
        this.anchor = { index: to, top: margin };
      } else if (top + height > this.viewHeight - margin) {
        this.anchor = { index: to, top: Math.max(margin, this.viewHeight - margin - height) };
      }
    }
    this.isChanged = before?.setCurrent(false) === true || this.isChanged;
    this.drawSoon();
    this.restLater();
    if (had || document.activeElement === this.element) {
      this.wantsFocus = true;
    }
  }

  /** Brings a part of the current event into view, such as a match far down in its text. */
  bring(part: Range | undefined): void {
    this.takeScroll();
    this.draw();
    const view = this.currentView;
    if (part === undefined || view === undefined) {
      return;
    }
    const place = part.getBoundingClientRect();
    const top = place.top - this.stage.getBoundingClientRect().top;
    if (top < margin || top + place.height > this.viewHeight - margin) {
      const within = place.top - view.element.getBoundingClientRect().top;
      this.anchor = { index: this.currentIndex, top: this.viewHeight / 3 - within };
      this.drawSoon();
      this.restLater();
    }
  }

  /** Says why nothing is listed; without a reason something is. */
  explain(...why: readonly (Node | string)[]): void {
    this.empty.hidden = why.length === 0;
    this.empty.replaceChildren(...why);
  }

  /** Gives the keys to the current event, as soon as that is in the page. */
  focus(): void {
    this.wantsFocus = this.currentView === undefined;
    (this.currentView?.element ?? this.element).focus({ preventScroll: true });
  }

  /** Whether the current event goes on by itself. */
  set isPlaying(isPlaying: boolean) {
    this.focusAfter = isPlaying ? focusAfterPlaying : focusAfter;
    this.drawSoon();
  }

  /** Scrolls by a part of the view. */
  scrollBy(views: number): void {
    this.anchor = { ...this.anchor, top: this.anchor.top - views * this.viewHeight };
    this.drawSoon();
    this.restLater();
  }

  /** The topmost event whose beginning is to be seen. */
  get topIndex(): number {
    const number = this.drawn.findIndex((_view, index) => this.topOf(index) >= -20);
    return number < 0 ? this.anchor.index : this.first + number;
  }

  /** Something within a row has another height now. */
  relayout(): void {
    this.isChanged = true;
    this.drawSoon();
  }

  private resized(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === this.viewWidth && clientHeight === this.viewHeight) {
      return;
    }
    this.viewWidth = clientWidth;
    this.viewHeight = clientHeight;
    this.stage.style.height = `${this.viewHeight}px`;
    this.isChanged = true;
    this.draw();
    this.straighten();
  }

  private arrived(from: number, to: number): void {
    for (let index = Math.max(from, this.first); index < Math.min(to, this.first + this.drawn.length); index++) {
      this.stale.add(index);
    }
    if (this.stale.size > 0) {
      this.drawSoon();
    }
  }

  /** Shows in rows that are drawn already what is known by now, those in view first. */
  private freshen(): void {
    const { index: anchor } = this.anchor;
    const away = (index: number): number => (index < anchor ? 2 * (anchor - index) : index - anchor);
    for (const index of [...this.stale].sort((one, other) => away(one) - away(other))) {
      const row = this.rows.row(index);
      if (row !== undefined && !this.mayDraw(index)) {
        return;
      }
      this.stale.delete(index);
      if (row !== undefined) {
        this.drawn[index - this.first]?.show(row);
        this.isChanged = true;
      }
    }
  }

  /** Whether this frame has room for the body of a row; it is taken then. */
  private mayDraw(index: number): boolean {
    if (performance.now() > this.drawUntil) {
      return false;
    }
    return this.isLikelyInView(index) || this.leftAhead-- > 0;
  }

  /** About, since nothing can be measured while rows change. */
  private isLikelyInView(index: number): boolean {
    const { anchor, averageHeight } = this;
    return index >= anchor.index - anchor.top / averageHeight - 1 && index <= anchor.index + (this.viewHeight - anchor.top) / averageHeight + 1;
  }

  private scrolled(): void {
    const { scrollTop } = this.element;
    const moved = scrollTop - this.lastScrollTop;
    this.lastScrollTop = scrollTop;
    if (moved === 0) {
      return;
    }
    if (Math.abs(moved) > jumpViews * this.viewHeight) {
      this.anchor = { index: indexOfScroll(scrollTop, this.count, this.element.scrollHeight - this.viewHeight), top: 0 };
    } else {
      this.anchor = { ...this.anchor, top: this.anchor.top - moved };
    }
    // In this very frame, behind all else that it hears of: the browser has moved nothing, since the stage stays where it is.
    this.drawSoon();
    this.restLater();
  }

  private takeScroll(): void {
    const { scrollTop } = this.stage;
    if (scrollTop !== 0) {
      this.stage.scrollTop = 0;
      this.anchor = { ...this.anchor, top: this.anchor.top - scrollTop };
      this.drawSoon();
      this.restLater();
    }
  }

  /** At the ends of the scroll bar the list may go on: the bar is only about right. */
  private wheeled(event: WheelEvent): void {
    const { scrollTop, scrollHeight: height } = this.element;
    const isStuck = event.deltaY < 0 ? scrollTop <= 0 : scrollTop >= height - this.viewHeight - 1;
    if (isStuck && !event.ctrlKey) {
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 20 : event.deltaY;
      this.anchor = { ...this.anchor, top: this.anchor.top - pixels };
      this.drawSoon();
      this.restLater();
    }
  }

  private clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target.closest(".event") : null;
    const view = this.drawn.find((candidate) => candidate.element === target);
    const isSelecting = (document.getSelection()?.toString() ?? "") !== "";
    if (view?.row !== undefined && !isSelecting) {
      this.chosen(view.row);
    }
  }

  private restLater(): void {
    this.straightenLater();
    window.clearTimeout(this.rest);
    this.rest = window.setTimeout(this.moved, restAfter);
  }

  /** Rows that are known only now may be higher or lower than they were taken to be: then the scroll bar stands elsewhere. */
  private straightenLater(): void {
    window.clearTimeout(this.straightening);
    this.straightening = window.setTimeout(() => this.straighten(), restAfter);
  }

  private drawSoon(): void {
    this.cancelFrame ??= nextFrame("draw", () => this.draw());
  }

  /**
   * Draws the rows that are to be seen, and puts them where they belong. All that changes is changed before anything is measured,
   * by heights that are known or likely, so that the browser lays out once; only where the view itself is not covered then, once more.
   * @param budget so long bodies are drawn at most, in ms
   */
  private draw(budget = drawBudget): void {
    this.cancelFrame?.();
    this.cancelFrame = undefined;
    if (this.viewHeight === 0) {
      return;
    }
    if (this.count === 0) {
      this.clear(0);
      return;
    }
    this.drawUntil = performance.now() + budget;
    const isElsewhere = this.anchor.index < this.first || this.anchor.index >= this.first + this.drawn.length;
    if (isElsewhere) {
      this.restart();
    }
    const now = performance.now();
    // Where all of the view is drawn anew, that is enough for one frame.
    const isAlone = isElsewhere || now < this.aroundFrom;
    this.leftAhead = isAlone ? 0 : mostAhead;
    this.freshen();
    this.mark();
    this.expect(isAlone ? 0 : overscan);
    for (let round = 0; round < 8; round++) {
      this.measure();
      this.place();
      const { before, behind } = this.need(0);
      if (before + behind === 0) {
        break;
      }
      this.change({ before, behind, dropBefore: 0, dropBehind: 0 });
    }
    this.learn();
    this.holdCurrent();
    this.column.style.transform = `translateY(${Math.round(this.top)}px)`;
    this.followFocus();
    this.fetch();
    if (now < this.aroundFrom && !this.hasStaleInView) {
      window.clearTimeout(this.around);
      this.around = window.setTimeout(() => this.drawSoon(), this.aroundFrom - now);
    } else if (this.stale.size > 0 || Object.values(this.need(overscan)).some((rows) => rows > 0)) {
      this.drawSoon();
    }
  }

  /** Whether rows in view are drawn otherwise than is known by now. */
  private get hasStaleInView(): boolean {
    return [...this.stale].some((index) => this.isLikelyInView(index));
  }

  /** Changes which rows are drawn by heights that are known or likely. The anchor stays what it is, and drawn: what is measured next goes by it. */
  private expect(beyond: number): void {
    this.top = settle(this.anchor, { first: this.first, heights: this.heights }, this.count, this.viewHeight).top;
    const need = this.need(beyond);
    const number = this.anchor.index - this.first;
    this.change({ ...need, dropBefore: Math.min(need.dropBefore, number), dropBehind: Math.min(need.dropBehind, this.drawn.length - 1 - number) });
  }

  /** Finds where rows lie by the heights that they have. */
  private place(): void {
    const { top, anchor } = settle(this.anchor, { first: this.first, heights: this.heights }, this.count, this.viewHeight);
    this.top = top;
    this.anchor = anchor;
  }

  /** Which rows are to be drawn that are not, and the other way round, so that the view and so many pixels on both sides are covered. */
  private need(beyond: number): ReturnType<typeof coverage> {
    return coverage(this.top, { first: this.first, heights: this.heights }, this.count, this.viewHeight, beyond, this.averageHeight);
  }

  /** Measures rows, where anything has changed. */
  private measure(): void {
    if (this.isChanged) {
      this.isChanged = false;
      this.heights = this.drawn.map(({ element: row }) => row.offsetHeight);
      this.straightenLater();
    }
  }

  /** Where a drawn row begins, in pixels below the top of the view. */
  private topOf(number: number): number {
    return this.heights.slice(0, number).reduce((sum, one) => sum + one, this.top);
  }

  /** Where the current event is in view, it is what stays where it is when others around it become higher. */
  private holdCurrent(): void {
    if (this.offset !== undefined && this.isCurrentInView) {
      this.anchor = { index: this.currentIndex, top: this.offset };
    }
  }

  /** Begins anew around the anchor; rows that happen to be drawn already are far away. */
  private restart(): void {
    const now = performance.now();
    this.aroundFrom = now - this.restartedAt < aroundAfter ? now + aroundAfter : now;
    this.restartedAt = now;
    this.clear(0);
    this.first = Math.min(this.anchor.index, this.count - 1);
    this.anchor = { ...this.anchor, index: this.first };
    this.append(Math.max(1, Math.min(Math.ceil(this.viewHeight / this.averageHeight), this.count - this.first)));
  }

  private change({ before, behind, dropBefore, dropBehind }: ReturnType<typeof coverage>): void {
    this.drop(0, dropBefore);
    this.first += dropBefore;
    this.drop(this.drawn.length - dropBehind, dropBehind);
    if (before > 0) {
      const views = this.views(this.first - before, before);
      this.column.prepend(...views.map((view) => view.element));
      this.drawn.unshift(...views);
      this.heights.unshift(...views.map(() => this.averageHeight));
      this.first -= before;
    }
    this.append(behind);
  }

  private append(count: number): void {
    if (count > 0) {
      const views = this.views(this.first + this.drawn.length, count);
      this.column.append(...views.map((view) => view.element));
      this.drawn.push(...views);
      this.heights.push(...views.map(() => this.averageHeight));
    }
  }

  private drop(from: number, count: number): void {
    const views = this.drawn.splice(from, count);
    // The focus does not go with a row: it stays in the list, until the current event is there.
    if (views.some(({ element: row }) => row.contains(document.activeElement))) {
      this.wantsFocus = true;
      this.element.focus({ preventScroll: true });
    }
    views.forEach((view) => view.remove());
    this.heights.splice(from, count);
  }

  private views(first: number, count: number): RowView[] {
    this.isChanged = true;
    return Array.from({ length: count }, (_, number) => this.view(first + number));
  }

  private view(index: number): RowView {
    const row = this.rows.row(index);
    const isDrawn = row !== undefined && this.mayDraw(index);
    if (row !== undefined && !isDrawn) {
      this.stale.add(index);
    }
    const view = new RowView(this.actions, isDrawn ? row : placeholderRow(index), isDrawn);
    if (!isDrawn) {
      view.setUnknownHeight(this.unknownHeight);
    }
    view.setCurrent(index === this.currentIndex);
    return view;
  }

  /** Removes the rows from an index on. */
  private clear(from: number): void {
    const keep = Math.max(0, from - this.first);
    this.drop(keep, this.drawn.length - keep);
    if (this.drawn.length === 0) {
      this.first = this.anchor.index;
    }
  }

  private mark(): void {
    const label = plural(this.count, "event");
    if (label !== this.label) {
      this.label = label;
      this.element.setAttribute("aria-label", label);
      this.element.setAttribute("aria-rowcount", String(this.count));
    }
    for (const [number, view] of this.drawn.entries()) {
      // A title is shown whole where the event is current.
      this.isChanged = view.setCurrent(this.first + number === this.currentIndex) || this.isChanged;
    }
    // With the current event in the page, that is where Tab leads.
    const stops = this.currentView === undefined ? 0 : -1;
    if (this.element.tabIndex !== stops) {
      this.element.tabIndex = stops;
    }
  }

  /** The focus goes with the current event; where that changes in every frame, once it rests. It is not taken from where it was put meanwhile. */
  private followFocus(): void {
    if (!this.wantsFocus || this.currentView === undefined) {
      return;
    }
    window.clearTimeout(this.focusing);
    const focused = document.activeElement;
    const isElsewhere = focused !== null && focused !== document.body && !this.element.contains(focused);
    // What of the current event has the focus keeps it, such as a button.
    if (isElsewhere || this.currentView.element.contains(focused)) {
      this.wantsFocus = false;
      return;
    }
    if (this.isFast && performance.now() - this.wentAt < this.focusAfter) {
      this.focusing = window.setTimeout(() => this.drawSoon(), this.focusAfter);
      return;
    }
    this.wantsFocus = false;
    this.focus();
  }

  private fetch(): void {
    for (const index of this.stale) {
      if (index < this.first || index >= this.first + this.drawn.length) {
        this.stale.delete(index);
      }
    }
    const last = this.first + this.drawn.length;
    this.rows.want(this.first - fetchAhead, last + fetchAhead, this.anchor.index);
  }

  private learn(): void {
    for (const [number, height] of this.heights.entries()) {
      if (this.drawn[number]?.isKnown === true && this.measured < 4000) {
        this.measured++;
        this.averageHeight += (height - this.averageHeight) / this.measured;
      }
    }
    const unknown = Math.round(this.averageHeight / 20) * 20;
    if (unknown !== this.unknownHeight) {
      this.unknownHeight = unknown;
      for (const view of this.drawn.filter(({ isKnown }) => !isKnown)) {
        view.setUnknownHeight(unknown);
        this.isChanged = true;
      }
    }
  }

  /** Puts the scroll bar where it belongs, as soon as there is a view: before, this would only have the browser lay out an empty page. */
  private straighten(): void {
    if (this.viewHeight === 0) {
      return;
    }
    this.measure();
    const { heights } = this;
    const isWhole = this.first === 0 && this.drawn.length === this.count;
    const height = isWhole ? Math.max(this.viewHeight, heights.reduce((sum, one) => sum + one, 0)) : scrollHeight(this.count, this.averageHeight, this.viewHeight + 100);
    this.spacer.style.height = `${height - this.viewHeight}px`;
    const bottom = heights.reduce((sum, one) => sum + one, this.top);
    const atStart = this.first === 0 && this.top >= 0;
    const atEnd = this.first + this.drawn.length >= this.count && bottom <= this.viewHeight + 1;
    const top = isWhole ? -this.top : scrollTopOf(this.anchor, heights[this.anchor.index - this.first] ?? 0, this.count, height - this.viewHeight, atStart, atEnd);
    this.element.scrollTop = top;
    this.lastScrollTop = this.element.scrollTop;
  }
}
