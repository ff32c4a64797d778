import type { ReplayFilter, ReplayFinding, ReplayListing, ReplayPlace, ReplayProgress, ReplayRow, ReplaySampleQuery, ReplayState, ReplayStop, ReplayUnit, ReplayUsageSum, SideTab, ToReplay } from "../../src/protocol";
import { element, iconButton, opens, settled, textButton } from "./dom";
import { visibleLine } from "./body/visible";
import { BesideBar } from "./beside-bar";
import { CallPane } from "./call-pane";
import { Filters } from "./filters";
import { formatCount, formatDollars, formatElapsed, formatTokens, plural, sumInFull } from "./formats";
import { afterFrame, nextFrame } from "./frames";
import { helpBox } from "./help";
import { ask, keep, send } from "./host";
import { InOrder } from "./in-order";
import { actionOf, isOrdered, type KeyAction, type OrderedAction } from "./keys";
import { EventList } from "./list";
import { markCurrent } from "./marks";
import { Outline } from "./outline";
import { type Pace, Player } from "./player";
import { rankOf, signOf } from "./findings-model";
import { Reviewing } from "./reviewing";
import { forgetOpened, type RowView } from "./row-view";
import { RunPane } from "./run-pane";
import { factsOf, SampleBar } from "./sample-bar";
import { SamplesPane } from "./samples-pane";
import { SearchBar } from "./search-bar";
import { Side } from "./side";
import { splitter } from "./splitter";
import { throttled } from "./throttle";
import { type FindingMark, TimelineStrip } from "./timeline";
import { otherSpeed, PlayerBar } from "./toolbar";
import { WantedEvent } from "./wanted-event";
import { WhenShown } from "./when-shown";

/** So many bytes of a text are unfolded at once. */
const unfoldBytes = 64 * 1024;
/** Below this width, in pixels, panes lie over the list, and one of them at a time. */
const narrow = 900;
/** So often an event that is still on its way is waited for until it is told, half a second each time. */
const mostAwaited = 20;

type Opened = ToReplay & { type: "opened" };

/** The replay panel of an open transcript: list, outline, timeline, player, search, filters and side, and how they hang together. */
export class Replay {
  private readonly list: EventList;
  private readonly outline: Outline;
  private readonly timeline: TimelineStrip;
  private readonly player: Player;
  private readonly bar: PlayerBar;
  private readonly search: SearchBar;
  private readonly filters: Filters;
  private readonly call: WhenShown<CallPane>;
  private readonly side: Side;
  private readonly samples: WhenShown<SamplesPane>;
  private readonly sampleBar: SampleBar;
  private readonly besideBar = new BesideBar((together) => send({ type: "stepTogether", together }));
  /** Where the transcript beside was told that this one is. */
  private told: ReplayPlace | undefined;
  /** What is asked for by keys, one after the other however fast they are pressed. */
  private readonly presses = new InOrder();
  private readonly wanted = new WantedEvent();
  /** How often the transcript beside has asked it to follow. */
  private followed = 0;
  private readonly reviewing: Reviewing;
  private readonly auditButton = iconButton("audit", "Audit: look for broken rules", () => this.audit());
  private readonly compactButton = iconButton("compact", "One line an event (z)", () => this.act("compact"));
  private readonly help = helpBox();
  private readonly status = element("div", { class: "status" });
  private readonly said = element("div", { class: "sr-only", role: "status", "aria-live": "polite" });
  private readonly progressText = element("span", { class: "progress" });
  private readonly sumText = element("span", { class: "sum" });
  private readonly goToBox = element("input", { class: "go-to", type: "text", placeholder: "event", "aria-label": "Number of an event", hidden: true });
  private place: ReplayPlace | undefined;
  private progress: ReplayProgress;
  private listing: ReplayListing;
  private state: ReplayState;
  /** At once, since a window that is reloaded tells nobody before. */
  private readonly rememberSoon = throttled(300, () => this.keepState());
  /** While it plays, each place is soon left again, and a frame in which one is kept takes longer. */
  private readonly rememberPlaying = throttled(2000, () => this.keepState());
  private readonly recount = settled(500, () => void this.count());
  private readonly tellAloneSoon = settled(500, () => void this.tellAlone());
  private readonly tell = settled(500, () => this.tellCurrent());
  private readonly locate = settled(40, () => void this.findPlace());
  /** How often the current event was to be told and was not there yet. */
  private awaited = 0;
  private markedFindings: readonly ReplayFinding[] = [];
  private placing = 0;
  /** Goes up whenever another event was gone to. */
  private moves = 0;
  /** Whether the last event was asked for and is still the current one: then it stays the last one while the transcript grows. */
  private isAtEnd = false;

  constructor(
    private readonly root: HTMLElement,
    { name, state, progress, listing, facets, place, rows }: Opened,
  ) {
    this.state = state;
    this.progress = progress;
    this.listing = listing;
    document.title = name;
    this.list = new EventList(this.rowActions(), (row) => this.go(row.index), () => this.remember());
    this.outline = new Outline(state.outline ?? "turns", (ordinal) => void this.goTo({ ordinal }, false), (outline) => this.change({ outline }), (from, to) => this.reviewing.model.countIn(from, to), { figure: state.figure ?? "time", changed: (figure) => this.change({ figure }), sum: (all) => this.sum(all) });
    this.timeline = new TimelineStrip(state.axis ?? "step", (index) => this.go(index), (ordinal) => void this.goTo({ ordinal }, true), () => this.list.count, (id) => this.findingMark(id));
    this.search = new SearchBar((query) => this.searchFor(query), (direction) => this.act(direction > 0 ? "nextMatch" : "previousMatch"), () => this.list.focus());
    this.filters = new Filters(state.filter ?? { hiddenKinds: [], agents: [], tools: [], samples: [], branches: [], showsRepeats: false, openScores: [], revealed: [] }, (filter) => void this.refilter(filter));
    this.filters.set(facets);
    this.reviewing = new Reviewing(
      {
        list: this.list,
        goTo: (id) => this.goTo({ id }, true),
        current: () => this.ordinal,
        showSide: (tab, isAsked) => this.showSide(tab, isAsked),
        say: (text) => this.say(text),
        changed: () => this.remarked(),
        remember: (changes) => this.change(changes),
      },
      state.findingsBy ?? "place",
    );
    this.reviewing.takeTotal(listing.total);
    const goTo = (ordinal: number): void => void this.goTo({ ordinal }, true);
    const run = new WhenShown(() => new RunPane(() => this.progress, (direction) => this.act(direction > 0 ? "nextProblem" : "previousProblem"), () => this.showSamples(), (ordinal) => void this.showFields(ordinal), goTo));
    this.call = new WhenShown(() => new CallPane(goTo));
    this.samples = new WhenShown(() => {
      const pane = new SamplesPane(this.sampleQuery, {
        go: ({ name, ordinal }) => void (this.shownAlone.length > 0 ? this.showAlone([name], ordinal) : this.goTo({ ordinal }, false)),
        toggleAlone: ({ name, ordinal }) => void (this.shownAlone.length === 1 && this.shownAlone[0] === name ? this.showAlone([]) : this.showAlone([name], this.place?.sample === name ? undefined : ordinal)),
        changed: (samples) => {
          this.change({ samples });
          void this.tellAlone();
        },
        say: (text) => this.tellDone(text),
      });
      pane.stand(this.place?.sample ?? "", this.shownAlone);
      return pane;
    });
    this.sampleBar = new SampleBar({ step: (direction) => this.act(direction > 0 ? "nextSample" : "previousSample"), showAll: () => void this.showAlone([]), showList: () => this.showSamples() });
    this.side = new Side(state.side ?? "run", goTo, (side) => this.change({ side }), { run, samples: this.samples, call: this.call, findings: this.reviewing.findings, review: this.reviewing.review });
    const pace: Pace = { unit: state.unit ?? "event", speed: state.speed ?? 1, idle: state.idle ?? 2000 };
    const clock = { now: () => performance.now(), after: (delay: number, act: () => void) => after(delay, act) };
    this.side.hasSamples = facets.samples.length > 1;
    this.player = new Player(clock, { stops: (unit, from, limit) => ask("stops", { unit, from, direction: 1, limit }), go: (stop) => this.played(stop), changed: (isPlaying) => this.playing(isPlaying) }, pace);
    this.bar = new PlayerBar(pace, (action) => this.act(action), (changed) => this.setPace(changed));
    this.layOut();
    this.listen();
    this.took(listing);
    this.list.relist(listing, place?.index ?? 0);
    if (state.isCompact === true) {
      this.setCompact(true);
    }
    this.list.take(rows);
    this.begin(place);
  }

  /** Draws the first screen. What is heard before is drawn with it. */
  show(): void {
    this.list.show();
    this.list.focus();
    afterFrame(() => this.remember());
  }

  /** Hears what the extension says. */
  hear(message: Exclude<ToReplay, { type: "answer" | "refused" | "opened" | "sent" | "failed" }>): void {
    switch (message.type) {
      case "grown":
        this.grown(message.progress, message.listing);
        break;
      case "found":
        this.found(message);
        break;
      case "goTo":
        void this.goTo({ id: message.id }, true);
        break;
      case "beside":
        this.besideBar.show(message.beside ?? undefined);
        this.told = this.place;
        break;
      case "follow":
        void this.follow(message.ordinal);
        break;
      case "sampleShown":
        this.filters.take([message.name]);
        this.tookSamples();
        break;
      case "searchFor":
        this.search.set(message.query);
        break;
      case "audited":
        this.reviewing.takeAudit(message.audit);
        break;
      case "auditing":
        this.reviewing.takeProgress(message.done);
        break;
      case "reviewed":
        this.reviewing.takeReview(message.review);
        break;
      case "showCall":
        this.showCall();
        break;
      case "toggleMarkdown":
        this.toggleMarkdown();
        break;
      case "findFirst":
        this.go(0);
        void this.reviewing.step(1);
        break;
    }
  }

  private layOut(): void {
    const { state } = this;
    const outlineButton = iconButton("outline", "Outline (o)", () => this.act("outline"));
    const sideButton = iconButton("side", "The run, its samples, the model's call, files, scores, findings, review (e)", () => this.act("side"));
    const helpButton = iconButton("help", "All keys (?)", () => this.act("help"));
    opens(outlineButton, this.outline.element);
    opens(sideButton, this.side.element);
    opens(helpButton, this.help);
    const buttons = element("div", { class: "buttons" }, outlineButton, this.compactButton, this.auditButton, sideButton, helpButton);
    const axis = element("button", { class: "chip axis", type: "button", title: "Timeline by step or by time" }, element("span", { class: "sr-only" }, "Timeline by "), element("span", {}, (state.axis ?? "step") === "step" ? "steps" : "time"));
    axis.addEventListener("click", () => {
      const next = (this.state.axis ?? "step") === "step" ? "time" : "step";
      (axis.lastChild ?? axis).textContent = next === "step" ? "steps" : "time";
      this.change({ axis: next });
      this.timeline.setAxis(next);
    });
    const isWide = window.innerWidth >= narrow;
    this.outline.element.hidden = !(state.showsOutline ?? isWide) || !isWide;
    this.side.element.hidden = !(state.showsSide ?? window.innerWidth >= 1100) || !isWide;
    const outlineBar = splitter(this.outline.element, "outline", "start", state.outlineWidth ?? 260, (outlineWidth) => this.change({ outlineWidth }));
    const sideBar = splitter(this.side.element, "side", "end", state.sideWidth ?? Math.round(Math.max(320, Math.min(420, window.innerWidth * 0.26))), (sideWidth) => this.change({ sideWidth }));
    this.root.replaceChildren(
      element("header", { class: "toolbar" }, this.bar.element, this.filters.bar, this.search.element, buttons),
      element("div", { class: "strip" }, this.timeline.element, axis),
      this.besideBar.element,
      this.sampleBar.element,
      element("main", { class: "panes" }, this.outline.element, outlineBar, this.list.element, sideBar, this.side.element, this.filters.box, this.help),
      element("footer", { class: "footer" }, this.status, this.goToBox, this.sumText, this.progressText),
      this.said,
    );
    this.showProgress();
  }

  private listen(): void {
    document.addEventListener("keydown", (event) => {
      const target = event.target instanceof Element ? event.target : document.body;
      const isInField = target.matches("input[type=text], input[type=radio], select, textarea");
      const action = actionOf(event, isInField, target.closest("button, summary, a, input") !== null);
      if (action !== undefined) {
        event.preventDefault();
        event.stopPropagation();
        this.act(action);
      }
    });
    this.goToBox.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        const number = Number(this.goToBox.value.replace(/\s/g, ""));
        this.goToBox.hidden = true;
        this.list.focus();
        if (Number.isInteger(number) && number >= 1 && number <= this.listing.total) {
          this.presses.do(() => this.goTo({ ordinal: number - 1 }, true));
        }
      }
    });
    document.addEventListener("pointerdown", (event) => {
      for (const popup of [this.filters.box, this.help]) {
        if (!popup.hidden && event.target instanceof Node && !popup.contains(event.target) && !(event.target instanceof Element && event.target.closest(".toolbar") !== null)) {
          popup.hidden = true;
        }
      }
    });
    document.addEventListener("visibilitychange", () => this.keepState());
    window.addEventListener("resize", () => this.fold());
    document.addEventListener("copy", (event) => {
      // Signs for invisible characters are part of what is seen, and of what is copied.
      event.clipboardData?.setData("text/plain", selectedText());
      event.preventDefault();
    });
  }

  private begin(place: ReplayPlace | undefined): void {
    const { event, offset, query } = this.state;
    this.list.go(place?.index ?? 0, offset);
    if (query !== undefined) {
      this.search.set(query);
    }
    if (place === undefined) {
      this.timeline.stand(0, this.list.row(0)?.time);
      this.locate();
      this.showStatus();
    } else {
      this.take(place);
    }
    if (place === undefined && event !== undefined) {
      this.say("There is no such event in this transcript.");
    }
    this.tell();
    this.outline.changed();
    this.timeline.changed();
    this.side.changed();
    if (this.shownAlone.length > 0) {
      this.sampleBar.show(this.shownAlone);
      void this.tellAlone();
    }
  }

  private act(action: KeyAction): void {
    if (isOrdered(action)) {
      this.presses.do(() => this.actInOrder(action));
      return;
    }
    switch (action) {
      case "call":
        this.showCall();
        break;
      case "verdict":
        this.reviewing.giveVerdict();
        break;
      case "samples":
        this.showSamples();
        break;
      case "together": {
        const together = this.besideBar.toggle();
        this.say(together === undefined ? "There is no transcript beside; Compare With… opens one." : { turn: "Both go turn by turn together.", time: "Both go by time together.", apart: "Each goes its own way." }[together]);
        break;
      }
      case "faster":
      case "slower":
        this.setPace({ speed: otherSpeed(this.player.pace.speed, action === "faster" ? 1 : -1) });
        this.say(`${this.player.pace.speed} times as fast`);
        break;
      case "search":
        this.search.focus();
        break;
      case "filter":
        this.help.hidden = true;
        void this.filters.toggle();
        break;
      case "outline":
        this.togglePane("outline");
        break;
      case "side":
        this.togglePane("side");
        break;
      case "goTo":
        this.goToBox.hidden = false;
        this.goToBox.value = "";
        this.goToBox.focus();
        break;
      case "compact":
        this.setCompact(this.state.isCompact !== true);
        this.tellDone(this.state.isCompact === true ? "One line an event" : "Events in full");
        break;
      case "markdown":
        this.toggleMarkdown();
        break;
      case "zoomReset":
        this.timeline.resetZoom();
        break;
      case "help":
        this.filters.box.hidden = true;
        this.help.hidden = !this.help.hidden;
        if (!this.help.hidden) {
          this.help.focus();
        }
        break;
      case "escape":
        this.escape();
        break;
    }
  }

  /** Returns what it waits for, where it is not done at once. */
  private actInOrder(action: OrderedAction): Promise<unknown> | undefined {
    switch (action) {
      case "next":
      case "previous":
        this.go(this.list.current + (action === "next" ? 1 : -1));
        return undefined;
      case "nextTurn":
      case "previousTurn":
        return this.stepBy("turn", action === "nextTurn" ? 1 : -1);
      case "nextScore":
      case "previousScore":
        return this.stepBy("score", action === "nextScore" ? 1 : -1);
      case "nextProblem":
      case "previousProblem":
        return this.stepBy("problem", action === "nextProblem" ? 1 : -1);
      case "nextFinding":
      case "previousFinding":
        this.player.pause();
        return this.reviewing.step(action === "nextFinding" ? 1 : -1);
      case "nextSample":
      case "previousSample":
        return this.stepSample(action === "nextSample" ? 1 : -1);
      case "aloneSample":
        return this.toggleAlone();
      case "nextMatch":
      case "previousMatch":
        return this.goToMatch(action === "nextMatch" ? 1 : -1);
      case "first":
        this.go(0);
        return undefined;
      case "last":
        this.go(this.list.count - 1);
        this.isAtEnd = true;
        return undefined;
      case "pageDown":
      case "pageUp":
        this.player.pause();
        this.list.scrollBy(action === "pageDown" ? 0.85 : -0.85);
        return new Promise<void>((resolve) => {
          nextFrame("draw", () => {
            this.go(this.list.topIndex);
            resolve();
          });
        });
      case "play":
        this.togglePlay();
        return undefined;
      case "confirm":
      case "dismiss":
        this.reviewing.decide(action === "confirm" ? "confirmed" : "dismissed");
        return undefined;
      case "annotate":
        this.reviewing.annotate();
        return undefined;
      case "unfold":
        return this.withView((view) => view.toggleText().then((done) => this.tellDone(done)));
      case "fields":
        return this.withView((view) => view.toggleFields().then((done) => this.tellDone(done)));
      case "raw":
      case "openText":
      case "copyLink":
      case "copyEvent":
      case "copySource":
        return this.withView((_view, { ordinal }) => {
          send({ type: action, ordinal });
          return undefined;
        });
      case "compare":
        return this.withView((_view, { ordinal }) => {
          this.showPane("side");
          this.side.compareWith(ordinal);
          return undefined;
        });
    }
  }

  /** Closes what is open, the innermost first. */
  private escape(): void {
    const popups = [this.filters.box, this.help, this.goToBox].filter((popup) => !popup.hidden);
    if (popups.length > 0) {
      popups.forEach((popup) => (popup.hidden = true));
      this.list.focus();
    } else if (this.samples.made?.element.contains(document.activeElement) === true) {
      this.list.focus();
    } else if (this.reviewing.escape()) {
      this.list.focus();
    } else if (this.player.playing) {
      this.player.pause();
    } else {
      this.search.clear();
      this.list.focus();
    }
  }

  /** Does something with the current event: where that is still on its way, once it is there. */
  private withView(act: (view: RowView, row: ReplayRow) => Promise<unknown> | undefined): Promise<unknown> | undefined {
    const view = this.list.currentView;
    if (view?.row !== undefined) {
      return act(view, view.row);
    }
    const { moves } = this;
    return this.list.viewWhen(() => true, () => moves === this.moves).then((drawn) => (drawn?.row === undefined ? undefined : act(drawn, drawn.row)));
  }

  private async stepBy(unit: ReplayUnit, direction: 1 | -1): Promise<void> {
    this.player.pause();
    const [stop] = await ask("stops", { unit, from: this.list.current, at: this.list.row(this.list.current)?.ordinal, direction, limit: 1 });
    if (stop === undefined) {
      this.say(`No ${direction > 0 ? "more" : "earlier"} ${unit}s${direction > 0 && !this.progress.isComplete ? " so far: it is still being read" : ""}.`);
    } else {
      this.go(stop.index);
    }
  }

  private togglePlay(): void {
    if (this.player.playing) {
      this.player.pause();
    } else {
      this.player.play(this.list.current, this.list.row(this.list.current)?.time);
    }
  }

  private played(stop: ReplayStop): void {
    this.stand(stop.index, stop.time);
  }

  private setPace(changed: Partial<Pace>): void {
    this.player.pace = { ...this.player.pace, ...changed };
    this.bar.show(this.player.pace);
    this.change({ ...this.player.pace });
  }

  /** Makes a listed event the current one. */
  private go(index: number): void {
    this.player.pause();
    this.stand(index, undefined);
  }

  private stand(index: number, time: number | undefined, offset?: number): void {
    this.moves++;
    this.isAtEnd = false;
    this.wanted.forget();
    this.list.go(index, offset);
    this.stood(time);
  }

  /** The current event is another one. */
  private stood(time: number | undefined): void {
    this.timeline.stand(this.list.current, time ?? this.list.row(this.list.current)?.time);
    this.locate();
    this.remember();
    this.showStatus();
    this.awaited = 0;
    this.tell();
  }

  /** Screen readers hear of the current event with the focus, or of its part in the outline; where that is elsewhere, such as in the search, it is said. */
  private tellCurrent(): void {
    const view = this.list.currentView;
    if ([this.list, this.outline].some(({ element: shown }) => shown.contains(document.activeElement))) {
      return;
    }
    if (view?.row !== undefined) {
      this.said.textContent = view.label;
    } else if (this.awaited++ < mostAwaited) {
      // It is still on its way, from the extension or to the screen.
      this.tell();
    }
  }

  /** Goes to an event by what it is, listed or not. Returns whether there is one. */
  private async goTo(target: { ordinal?: number; id?: string }, reveals: boolean, offset?: number): Promise<boolean> {
    this.player.pause();
    const place = await ask("place", { target, mode: this.outline.kind, reveals }).catch(() => undefined);
    if (place === undefined) {
      this.say("There is no such event in this transcript.");
      return false;
    }
    this.take(place);
    this.stand(place.index, undefined, offset);
    return true;
  }

  /** Goes to an event and shows its fields. */
  private async showFields(ordinal: number): Promise<void> {
    if (await this.goTo({ ordinal }, true)) {
      await this.withView((view) => view.showFields());
    }
  }

  private async findPlace(): Promise<void> {
    const asked = ++this.placing;
    const place = await ask("place", { target: { index: this.list.current }, mode: this.outline.kind, reveals: false }).catch(() => undefined);
    if (asked === this.placing && place !== undefined) {
      // With the frame: what changes between two of them has the browser lay out the page once more, for what is under the pointer.
      nextFrame("draw", () => asked === this.placing && this.take(place));
    }
  }

  private take(place: ReplayPlace): void {
    this.place = place;
    const { together } = this.besideBar;
    if (together === "turn" ? place.turn !== this.told?.turn : together === "time" && place.elapsed !== this.told?.elapsed) {
      this.told = place;
      send({ type: "moved", turn: place.turn, ...(place.elapsed === undefined ? {} : { elapsed: place.elapsed }) });
    }
    this.outline.stand(place.part);
    this.samples.made?.stand(place.sample, this.shownAlone);
    this.side.stand(place.ordinal);
    const row = this.list.row(place.index);
    this.timeline.stand(place.index, row?.time);
    this.showStatus();
  }

  /** Goes to where the transcript beside is, without telling that one; where the reader goes elsewhere meanwhile, stays there. */
  private async follow(ordinal: number): Promise<void> {
    const asked = ++this.followed;
    const { moves } = this;
    const place = await ask("place", { target: { ordinal }, mode: this.outline.kind, reveals: false }).catch(() => undefined);
    if (place !== undefined && asked === this.followed && moves === this.moves) {
      this.player.pause();
      this.told = place;
      this.take(place);
      this.stand(place.index, undefined);
    }
  }

  private searchFor(query: ReplayState["query"] | null): void {
    this.change({ query: query ?? undefined });
    markCurrent([]);
    send({ type: "search", query: query ?? null });
  }

  private found(message: ToReplay & { type: "found" }): void {
    this.search.hear(message);
    this.list.refresh();
  }

  private async goToMatch(direction: 1 | -1): Promise<void> {
    this.player.pause();
    const { match } = this.search;
    const found = await ask("match", { from: this.list.current, direction: match === undefined && direction > 0 ? 0 : direction, mode: this.outline.kind, ...(match === undefined ? {} : { number: match + direction }) }).catch(() => undefined);
    if (found === undefined) {
      this.say(this.search.current === undefined ? "Nothing is searched for; / begins a search." : "No matches.");
      return;
    }
    this.search.match = found.number;
    this.take(found.place);
    this.stand(found.place.index, undefined);
    void this.showMatch(found.place.index, found.inTitle, found.byte);
  }

  /** Once the row is drawn: unfolds it as far as the match, and brings that into view. */
  private async showMatch(index: number, inTitle: boolean, byte: number): Promise<void> {
    for (let tries = 0; tries < 60 && this.list.current === index; tries++) {
      const view = this.list.currentView;
      if (view?.row?.index === index) {
        const shown = await view.reveal(inTitle, byte);
        // Where the row does not know of the match yet, it soon does.
        if (shown !== undefined) {
          this.list.bring(shown);
          return;
        }
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  /** The event that the reader is at. */
  private get ordinal(): number {
    return this.list.row(this.list.current)?.ordinal ?? this.place?.ordinal ?? 0;
  }

  /** @param asked the event to stand at or near, where it is not the one that the reader is at */
  private async refilter(filter: ReplayFilter, asked?: number): Promise<void> {
    const current = this.wanted.relisted(this.ordinal, asked);
    const isOther = filter.samples.join("\n") !== (this.state.filter?.samples ?? []).join("\n");
    this.change({ filter: { ...filter, openScores: [], revealed: [] } });
    const listing = await ask("filter", { filter, current });
    this.took(listing);
    this.list.relist(listing, listing.index);
    this.timeline.changed();
    this.locate();
    if (isOther) {
      this.tookSamples();
    }
    this.showStatus();
    const hidden = listing.total - listing.count;
    this.tellDone(`${plural(listing.count, "event")} listed${hidden > 0 ? `, ${formatCount(hidden)} hidden` : ""}`);
  }

  /** What is listed is known anew. */
  private took(listing: ReplayListing): void {
    this.listing = listing;
    this.reviewing.takeRanges(listing.ranges);
  }

  /** The samples that are shown alone; none where all are shown. */
  private get shownAlone(): readonly string[] {
    return this.filters.filter.samples;
  }

  /** Others samples are shown alone, or all again. */
  private tookSamples(): void {
    this.change({ filter: { ...this.filters.filter, openScores: [], revealed: [] } });
    this.search.match = undefined;
    this.sampleBar.show(this.shownAlone);
    this.samples.made?.stand(this.place?.sample ?? "", this.shownAlone);
    this.outline.changed();
    this.timeline.changed();
    this.side.changed();
    void this.tellAlone();
  }

  /** Tells more of the sample that is shown alone, once that is known. */
  private async tellAlone(): Promise<void> {
    const { shownAlone } = this;
    const [ordinal] = this.listing.ranges?.[0] ?? [];
    const at = shownAlone.length !== 1 || ordinal === undefined ? undefined : await ask("sampleAt", { query: this.sampleQuery, ordinal, step: 0 }).catch(() => undefined);
    if (shownAlone === this.shownAlone) {
      this.sampleBar.tell(at);
    }
  }

  /** Counts what can be filtered by anew. */
  private async count(): Promise<void> {
    await this.filters.refresh();
    this.side.hasSamples = this.filters.hasSamples;
  }

  /** Whether there are samples to be told apart, also where that was not known when it was counted last; says so where there are none. */
  private async toldApart(): Promise<boolean> {
    if (!this.filters.hasSamples) {
      await this.count();
    }
    if (!this.filters.hasSamples) {
      this.say("There are no samples to be told apart.");
    }
    return this.filters.hasSamples;
  }

  private get sampleQuery(): ReplaySampleQuery {
    return this.state.samples ?? { text: "", isDown: false };
  }

  /** At once, although it may not be known yet whether there are several: what is typed next belongs there. */
  private showSamples(): void {
    this.side.hasSamples = true;
    this.showSide("samples", true);
    this.samples.shown.focus();
  }

  /** Shows samples alone, at an event of theirs or where the reader is; all where there are none. */
  private async showAlone(samples: readonly string[], at?: number): Promise<void> {
    this.player.pause();
    this.filters.take(samples);
    await this.refilter(this.filters.filter, at);
    const said = samples.length === 0 ? "All samples are shown." : `Only ${samples.map((name) => visibleLine(name)).join(", ")}: ${plural(this.listing.count, "event")}.`;
    this.tellDone(said);
  }

  private async toggleAlone(): Promise<void> {
    const sample = this.place?.sample ?? "";
    if (this.shownAlone.length > 0) {
      await this.showAlone([]);
    } else if (await this.toldApart()) {
      if (sample === "") {
        this.say("This event is of no sample.");
      } else {
        await this.showAlone([sample]);
      }
    }
  }

  /** Goes to another sample, in the order of the list of samples; alone where one is shown alone. */
  private async stepSample(direction: 1 | -1): Promise<void> {
    // Where the reader stands may not be known yet; which sample is shown alone is.
    const [from] = this.shownAlone.length === 1 ? (this.listing.ranges?.[0] ?? []) : [];
    const at = await ask("sampleAt", { query: this.sampleQuery, ordinal: from ?? this.place?.ordinal ?? 0, step: direction }).catch(() => undefined);
    if (at === undefined) {
      this.say(`No ${direction > 0 ? "more" : "earlier"} samples.`);
      return;
    }
    await (this.shownAlone.length > 0 ? this.showAlone([at.sample.name], at.sample.ordinal) : this.goTo({ ordinal: at.sample.ordinal }, false));
    this.tellDone(`${visibleLine(at.sample.name)}, ${factsOf(at)}`);
  }

  private grown(progress: ReplayProgress, listing: ReplayListing): void {
    const isOther = listing.kept < this.listing.count;
    const hasMore = listing.total !== this.listing.total || listing.count !== this.listing.count;
    // Rows that came before did not name what there was only one of.
    const namesMore = (listing.hasSamples && !this.listing.hasSamples) || (listing.hasBranches && !this.listing.hasBranches);
    this.progress = progress;
    this.took(listing);
    this.reviewing.takeTotal(listing.total);
    if (isOther && listing.kept === 0) {
      forgetOpened();
      this.wanted.forget();
      this.call.made?.forget();
    }
    if (isOther || hasMore) {
      // Where the reader has just gone may not be known in full yet.
      const wasAt = this.list.row(this.list.current)?.id ?? this.place?.id;
      const follows = this.isAtEnd && this.list.isCurrentInView;
      this.list.relist(listing);
      this.outline.changed();
      this.timeline.changed();
      this.side.grown();
      this.recount();
      this.locate();
      if (follows) {
        this.stand(listing.count - 1, undefined);
        this.isAtEnd = true;
      } else if (isOther && listing.kept <= this.list.current && wasAt !== undefined) {
        void this.stayAt(wasAt);
      }
    }
    if (namesMore) {
      this.list.refresh();
    }
    if (this.shownAlone.length > 0) {
      this.tellAloneSoon();
    }
    this.showProgress();
    this.showStatus();
  }

  /** The list has changed around the current event: finds it again, unless another was gone to meanwhile. */
  private async stayAt(id: string): Promise<void> {
    const { moves } = this;
    const { offset } = this.list;
    const place = await ask("place", { target: { id }, mode: this.outline.kind, reveals: false }).catch(() => undefined);
    if (place !== undefined && moves === this.moves) {
      this.take(place);
      this.isAtEnd = false;
      this.list.go(place.index, offset);
      this.stood(undefined);
    }
  }

  private togglePane(pane: "outline" | "side"): void {
    const { element: shown } = pane === "outline" ? this.outline : this.side;
    if (shown.hidden) {
      this.showPane(pane);
      (pane === "outline" ? shown.querySelector<HTMLElement>(".outline-list") : shown.querySelector<HTMLElement>(".tab[aria-selected=true]"))?.focus();
    } else {
      shown.hidden = true;
      this.change(pane === "outline" ? { showsOutline: false } : { showsSide: false });
      this.list.focus();
      this.tellDone(pane === "outline" ? "Outline closed" : "Side closed");
    }
  }

  private showPane(pane: "outline" | "side"): void {
    const [shown, other] = pane === "outline" ? [this.outline, this.side] : [this.side, this.outline];
    shown.element.hidden = false;
    if (window.innerWidth < narrow) {
      other.element.hidden = true;
    }
    this.change(pane === "outline" ? { showsOutline: true } : { showsSide: true });
    shown.changed();
  }

  /** Shows a tab of the side: where it was asked for in any case, else only where it hides nothing. */
  private showSide(tab: SideTab, isAsked: boolean): void {
    if (this.side.element.hidden && (isAsked || window.innerWidth >= narrow)) {
      this.showPane("side");
    }
    this.side.show(tab);
  }

  /** Shows the model's call of the current event in full, or goes back to the event from there. */
  private showCall(): void {
    if (this.side.current === "call" && !this.side.element.hidden && this.side.element.contains(document.activeElement)) {
      this.list.focus();
    } else {
      this.showSide("call", true);
      this.side.focus();
    }
  }

  /** Audits the transcript, or shows what was found. */
  private audit(): void {
    this.showSide("findings", true);
    if (this.reviewing.model.audit.state === "none" || this.reviewing.model.audit.state === "failed") {
      this.reviewing.audit(false);
    }
    this.reviewing.findings.shown.focus();
  }

  private findingMark(id: string): FindingMark | undefined {
    const { model } = this.reviewing;
    const findings = model.at(id);
    // Of several, the one that most asks to be looked at.
    const finding = [...findings].sort((one, other) => Number(model.standing(other) === "open") - Number(model.standing(one) === "open") || rankOf(other) - rankOf(one))[0];
    if (finding === undefined) {
      return undefined;
    }
    const standing = model.standing(finding);
    const more = findings.length > 1 ? ` and ${findings.length - 1} more` : "";
    return { shape: standing === "open" ? (rankOf(finding) >= 3 ? "filled" : "hollow") : standing, title: `${signOf(finding, standing)} ${visibleLine(finding.title)}${more}` };
  }

  /** Findings or what was said of them have changed. */
  private remarked(): void {
    const { state, findings } = this.reviewing.model.audit;
    this.side.count(state === "done" ? this.reviewing.model.open : 0);
    if (state !== "running" && findings !== this.markedFindings) {
      this.markedFindings = findings;
      this.timeline.changed();
    }
    this.timeline.remark();
    this.outline.remark();
    this.showStatus();
  }

  /** Narrow windows have no room for panes beside the list. */
  private fold(): void {
    const isWide = window.innerWidth >= narrow;
    this.outline.element.hidden = !isWide || this.state.showsOutline === false;
    this.side.element.hidden = !isWide || !(this.state.showsSide ?? window.innerWidth >= 1100);
    if (!this.outline.element.hidden) {
      this.outline.changed();
    }
    if (!this.side.element.hidden) {
      this.side.changed();
    }
  }

  private change(changes: Partial<ReplayState>): void {
    this.state = { ...this.state, ...changes };
    this.remember();
  }

  private remember(): void {
    (this.player.playing ? this.rememberPlaying : this.rememberSoon)();
  }

  private playing(isPlaying: boolean): void {
    this.bar.playing(isPlaying);
    this.list.isPlaying = isPlaying;
    // Where the focus is on the button, its name says so.
    if (!this.bar.element.contains(document.activeElement)) {
      this.tellDone(isPlaying ? "Playing" : "Paused");
    }
    this.remember();
  }

  private keepState(): void {
    const row = this.list.row(this.list.current);
    const { offset } = this.list;
    this.state = { ...this.state, keptAt: Date.now(), ...(row === undefined ? {} : { event: row.id, ordinal: row.ordinal }), ...(offset === undefined ? {} : { offset }) };
    keep(this.state);
  }

  private rowActions(): ConstructorParameters<typeof EventList>[0] {
    return {
      moreText: ({ ordinal }, from) => ask("text", { ordinal, from, bytes: unfoldBytes }),
      fields: ({ ordinal }) => ask("fields", { ordinal }),
      openText: ({ ordinal }) => send({ type: "openText", ordinal }),
      pictures: ({ ordinal }, keys) => ask("pictures", { ordinal, keys: [...keys] }),
      openPicture: ({ ordinal }, key) => send({ type: "openPicture", ordinal, key }),
      media: ({ ordinal }, { key, type, name }, isSaved) => send({ type: "media", ordinal, key, mediaType: type, name, isSaved }),
      openRaw: ({ ordinal }) => send({ type: "raw", ordinal }),
      showCall: (row) => {
        this.go(row.index);
        this.side.stand(row.ordinal);
        this.showSide("call", true);
      },
      toggleScorer: ({ ordinal }) => {
        const { openScores } = this.filters.filter;
        const filter = { ...this.filters.filter, openScores: openScores.includes(ordinal) ? openScores.filter((other) => other !== ordinal) : [...openScores, ordinal] };
        this.filters.filter = filter;
        void this.refilter(filter);
      },
      isCompact: () => this.state.isCompact === true,
      isMarkdown: () => this.state.isAsWritten !== true,
      remarksOn: (row) => this.reviewing.remarksOn(row),
      choose: ({ fingerprint }) => void this.reviewing.choose(fingerprint),
      changed: () => this.list.relayout(),
    };
  }

  private setCompact(isCompact: boolean): void {
    this.change({ isCompact });
    this.compactButton.setAttribute("aria-pressed", String(isCompact));
    this.list.setCompact(isCompact);
  }

  private toggleMarkdown(): void {
    const isAsWritten = this.state.isAsWritten !== true;
    this.change({ isAsWritten });
    this.list.redraw();
    this.say(isAsWritten ? "Messages are shown as they are written" : "Messages are shown as Markdown");
  }

  private showStatus(): void {
    const { place, listing } = this;
    const number = this.ordinal + 1;
    const hidden = listing.total - listing.count;
    const parts = [
      listing.count === 0 ? (listing.total === 0 ? "no events" : "nothing passes the filter") : `${formatCount(number)} of ${formatCount(listing.total)}`,
      place?.elapsed === undefined ? "" : formatElapsed(place.elapsed),
      place === undefined || place.turn === 0 ? "" : `turn ${formatCount(place.turn)} of ${formatCount(place.turns)}`,
      place?.best ?? "",
      this.reviewing.model.summary,
      hidden > 0 ? `${formatCount(hidden)} hidden` : "",
      this.filters.summary,
    ];
    const text = parts.filter((part) => part !== "").join(" · ");
    if (text !== this.status.textContent) {
      this.status.textContent = text;
      this.explainNothing();
    }
  }

  /** An empty list says why it is empty, and what to do about it. */
  private explainNothing(): void {
    const { count, total } = this.listing;
    if (count > 0) {
      this.list.explain();
    } else if (total > 0 && this.filters.isUsual) {
      this.list.explain(`${total === 1 ? "The one event of this transcript is" : `All ${formatCount(total)} events of this transcript are`} hidden as a rule: states, and what is said again. `, textButton("Show everything", "Show everything", () => this.filters.clear()));
    } else if (total > 0) {
      this.list.explain("Nothing passes the filter. ", textButton("Show what is usual", "Show what is shown as a rule", () => this.filters.reset()));
    } else {
      this.list.explain(this.progress.isComplete ? "This transcript has no events." : "Reading the first events…");
    }
  }

  private showProgress(): void {
    const { formatTitle, facts, isComplete, done, prepared, problem } = this.progress;
    const step = prepared === undefined ? `reading ${Math.floor(done * 100)} %` : `looking through ${Math.floor(prepared * 100)} %`;
    this.progressText.textContent = problem === "" ? (isComplete ? formatTitle : `${formatTitle} · ${step}`) : visibleLine(problem);
    this.progressText.classList.toggle("bad", problem !== "");
    this.progressText.title = facts.map(({ name, value }) => `${visibleLine(name)}: ${visibleLine(value)}`).join("\n");
  }

  /** What models took in all is known. */
  private sum(all: ReplayUsageSum): void {
    this.sumText.textContent = [all.withTokens === 0 ? "" : `${formatTokens(all.input + all.output)} tokens`, all.cost > 0 ? formatDollars(all.cost) : ""].filter((part) => part !== "").join(" · ");
    this.sumText.title = all.answers === 0 ? "" : sumInFull(all);
  }

  /** Tells screen readers of what others see. */
  private tellDone(text: string): void {
    this.said.textContent = text;
  }

  private say(text: string): void {
    this.said.textContent = text;
    this.status.textContent = text;
  }
}

/** What is selected: within one text as it stands there; the browser would put tabs between the cells of a table. */
function selectedText(): string {
  const selection = document.getSelection();
  const range = selection !== null && selection.rangeCount > 0 ? selection.getRangeAt(0) : undefined;
  const holder = range?.commonAncestorContainer;
  const body = (holder instanceof Element ? holder : holder?.parentElement)?.closest(".body") ?? undefined;
  return (body !== undefined ? range?.toString() : selection?.toString()) ?? "";
}

/** Waits end with a frame: there is nothing to be seen in between. */
function after(delay: number, act: () => void): () => void {
  if (delay < 20) {
    return nextFrame("move", act);
  }
  let cancel: (() => void) | undefined;
  const timer = window.setTimeout(() => (cancel = nextFrame("move", act)), delay);
  return () => {
    window.clearTimeout(timer);
    cancel?.();
  };
}

/** What is said where a transcript cannot be opened. */
export function failure(message: string): HTMLElement {
  return element("div", { class: "failure", role: "alert" }, element("p", {}, visibleLine(message)));
}

