import type { ReplayNote, ReplayReviewer, ReplayVerdict, ReviewVerdict } from "../../src/protocol";
import { reviewVerdicts } from "../../src/protocol/replay-words";
import { visibleLine } from "./body/visible";
import { element, keyButton, textButton } from "./dom";
import type { FindingsModel } from "./findings-model";
import { formatDate, plural } from "./formats";

/** A verdict as it is given. */
export type GivenVerdict = Pick<ReplayVerdict, "verdict" | "score" | "reason" | "signature">;

/** A note as it is written, and the place that it is about. */
export interface NoteDraft {
  /** What is selected; empty where the note is about the event. */
  readonly quote: string;
  readonly event: number;
  write(text: string, labels: readonly string[]): Promise<void>;
}

/** What the pane asks of the panel. */
export interface ReviewActions {
  giveVerdict(verdict: GivenVerdict): Promise<void>;
  answer(note: ReplayNote, text: string): Promise<void>;
  close(note: ReplayNote): Promise<void>;
  goToNote(note: ReplayNote): void;
  goToFinding(fingerprint: string): void;
  /** Gives the keys back to the list of events. */
  left(): void;
}

const verdictWords: Readonly<Record<ReviewVerdict, string>> = { clean: "Clean", violation: "Violation", unclear: "Unclear" };
const scoreWords: Readonly<Record<ReplayVerdict["score"], string>> = { counted: "score counted", zero: "score set to 0" };

/** The review: the verdict, the notes on places of the transcript, and what others say. */
export class ReviewPane {
  readonly element = element("div", { class: "review" });
  private readonly verdictPart = element("section", { "aria-label": "Verdict" });
  private readonly notesPart = element("section", { "aria-label": "Notes" });
  private readonly othersPart = element("section", { "aria-label": "Other reviewers" });
  private readonly draftPart = element("div", { class: "note-draft", role: "group", "aria-label": "New note", hidden: true });
  /** Whether a verdict is being given although one was given before. */
  private isGiving = false;
  private drawn = "";

  constructor(
    private readonly model: FindingsModel,
    private readonly actions: ReviewActions,
  ) {
    this.element.append(this.verdictPart, this.draftPart, this.notesPart, this.othersPart);
    this.draw();
  }

  /** Asks for a verdict. */
  beginVerdict(): void {
    this.isGiving = true;
    this.drawVerdict();
    (this.verdictPart.querySelector<HTMLInputElement>("input:checked") ?? this.verdictPart.querySelector<HTMLInputElement>("input[type=radio]"))?.focus();
  }

  /** Asks what is to be said of a place. */
  beginNote(draft: NoteDraft): void {
    const text = element("textarea", { rows: 3, maxlength: 4000, "aria-label": "Note", placeholder: "What is to be said of this? Ctrl+Enter adds it." });
    const labels = element("input", { type: "text", maxlength: 200, "aria-label": "Labels, with commas between", placeholder: "labels, with commas between" });
    const problem = problemLine();
    const add = (): void => {
      if (text.value.trim() === "") {
        text.focus();
        return;
      }
      const words = labels.value.split(",").map((word) => word.trim().slice(0, 40)).filter((word) => word !== "").slice(0, 10);
      draft.write(text.value, words).then(() => this.endDraft(), problem.tell);
    };
    onCtrlEnter(add, text, labels);
    this.draftPart.replaceChildren(
      element("h3", {}, draft.quote === "" ? `Note on event ${draft.event + 1}` : `Note on a part of event ${draft.event + 1}`),
      ...(draft.quote === "" ? [] : [element("pre", { class: "quote-text" }, visibleLine(draft.quote.slice(0, 200)), draft.quote.length > 200 ? "…" : "")]),
      text,
      labels,
      problem.element,
      element("div", { class: "buttons" }, textButton("Add Note", "Ctrl+Enter", add, "button"), textButton("Cancel", "Esc", () => this.endDraft(), "button secondary")),
    );
    this.draftPart.hidden = false;
    text.focus();
  }

  /** Leaves what was begun. Returns whether something was. */
  escape(): boolean {
    if (!this.draftPart.hidden) {
      this.endDraft();
      return true;
    }
    const wasGiving = this.isGiving;
    if (wasGiving) {
      this.isGiving = false;
      this.drawVerdict();
    }
    return wasGiving;
  }

  private endDraft(): void {
    this.draftPart.hidden = true;
    this.draftPart.replaceChildren();
    this.actions.left();
  }

  /** Shows what has changed. */
  draw(): void {
    const key = JSON.stringify([this.model.review, this.model.findings.length, this.model.audit.state]);
    if (key === this.drawn) {
      return;
    }
    this.drawn = key;
    // What is being typed stays.
    if (!this.isGiving) {
      this.drawVerdict();
    }
    if (!this.notesPart.contains(document.activeElement) || !(document.activeElement instanceof HTMLInputElement)) {
      this.drawNotes();
    }
    this.drawOthers();
  }

  private drawVerdict(): void {
    const { own, problem, isOfBeginning } = this.model.review;
    const given = own.verdict;
    const head = element("div", {}, element("h3", {}, "Verdict"), isOfBeginning ? element("p", { class: "hint" }, "The transcript has grown since this review was begun, which is about what was there then.") : undefined);
    if (problem !== "") {
      this.verdictPart.replaceChildren(head, element("p", { class: "hint bad", role: "alert" }, visibleLine(problem)));
      return;
    }
    if (this.isGiving) {
      this.verdictPart.replaceChildren(head, this.verdictForm());
    } else if (given === undefined) {
      this.verdictPart.replaceChildren(head, element("p", { class: "hint" }, "None yet."), keyButton("Give Verdict", "v", "Give a verdict on this transcript", () => this.beginVerdict()));
    } else {
      this.verdictPart.replaceChildren(head, verdictText(given), textButton("give another", "Give another verdict; this one stays on record (v)", () => this.beginVerdict()));
    }
  }

  private verdictForm(): HTMLElement {
    const { own, signature } = this.model.review;
    const confirmed = own.decisions.some(({ decision }) => decision === "confirmed");
    const before = own.verdict;
    const verdict = choice("verdict", "The transcript is", reviewVerdicts.map((one): [ReviewVerdict, string] => [one, one]), before?.verdict ?? (confirmed ? "violation" : undefined), (chosen) => {
      score.choose(chosen === "violation" ? "zero" : "counted");
    });
    const score = choice("score", "Its score is", [["counted", "counted"], ["zero", "set to 0"]] as const, before?.score ?? (confirmed ? "zero" : undefined));
    const reason = element("textarea", { rows: 2, maxlength: 4000, "aria-label": "Why, in a sentence", placeholder: "why, in a sentence" });
    reason.value = before?.reason ?? "";
    const signed = element("input", { type: "text", maxlength: 200, value: signature, "aria-label": "Signed by", placeholder: "your name" });
    const problem = problemLine();
    const give = (): void => {
      const [chosen, counted, name] = [verdict.value(), score.value(), signed.value.trim()];
      if (chosen === undefined || counted === undefined || name === "" || reason.value.trim() === "") {
        problem.tell(new Error("A verdict needs a choice of each, a sentence and a name."));
        return;
      }
      this.actions.giveVerdict({ verdict: chosen, score: counted, reason: reason.value, signature: name }).then(() => {
        this.isGiving = false;
        this.drawVerdict();
        this.actions.left();
      }, problem.tell);
    };
    onCtrlEnter(give, reason, signed, verdict.element, score.element);
    const open = this.model.audit.state === "done" ? this.model.open : 0;
    return element(
      "div",
      { class: "verdict-form" },
      open === 0 ? undefined : element("p", { class: "hint" }, `${plural(open, "finding")} still open.`),
      verdict.element,
      score.element,
      reason,
      element("label", { class: "signed" }, "signed ", signed),
      problem.element,
      element(
        "div",
        { class: "buttons" },
        textButton("Sign Verdict", "Ctrl+Enter", give, "button"),
        textButton("Cancel", "Esc", () => {
          this.escape();
          this.actions.left();
        }, "button secondary"),
      ),
    );
  }

  private drawNotes(): void {
    const { notes } = this.model.review;
    const open = notes.filter(({ isClosed }) => !isClosed);
    const closed = notes.filter(({ isClosed }) => isClosed);
    this.notesPart.replaceChildren(
      element("h3", {}, "Notes"),
      ...(notes.length === 0 ? [element("p", { class: "hint" }, "Select something in an event and press ", element("kbd", {}, "a"), " to say something of it.")] : []),
      ...open.map((note) => this.note(note)),
      ...(closed.length === 0 ? [] : [element("details", {}, element("summary", {}, plural(closed.length, "closed note")), ...closed.map((note) => this.note(note)))]),
    );
  }

  private note(note: ReplayNote): HTMLElement {
    const answer = element("input", { type: "text", maxlength: 4000, "aria-label": "Answer", placeholder: "Enter adds the answer", hidden: true });
    const problem = problemLine();
    answer.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && answer.value.trim() !== "") {
        event.preventDefault();
        answer.blur();
        this.actions.answer(note, answer.value).catch(problem.tell);
      }
    });
    const answerButton = textButton("answer", "Answer this note", () => {
      answer.hidden = false;
      answer.focus();
    });
    const place = textButton("", "Go to this place", () => this.actions.goToNote(note), "link note-place");
    place.append(element("bdi", {}, note.quote === "" ? "the whole event" : visibleLine(note.quote.slice(0, 120))));
    return element(
      "article",
      { class: "note", "aria-label": `Note of ${visibleLine(note.reviewer)}` },
      place,
      element("p", {}, ...note.labels.map((label) => element("span", { class: "label" }, visibleLine(label))), element("bdi", {}, visibleLine(note.text))),
      element("p", { class: "hint" }, `${visibleLine(note.reviewer)}, ${formatDate(note.at)}`, ...(note.isClosed ? [] : [" · ", answerButton]), ...(note.isClosed || note.reviewer !== this.model.review.own.reviewer ? [] : [" · ", textButton("close", "Close the note; it stays on record", () => void this.actions.close(note).catch(problem.tell))])),
      ...note.answers.map((one) => element("p", { class: "answer" }, element("bdi", {}, visibleLine(one.text)), element("span", { class: "hint" }, ` ${visibleLine(one.reviewer)}, ${formatDate(one.at)}`))),
      note.isClosed ? undefined : answer,
      problem.element,
    );
  }

  private drawOthers(): void {
    const { others, agreements, hidden, leftOut } = this.model.review;
    const parts: HTMLElement[] = [];
    if (hidden > 0) {
      parts.push(element("p", { class: "hint" }, `${plural(hidden, "other review")}: shown when you have given your own verdict.`));
    }
    if (leftOut > 0) {
      parts.push(element("p", { class: "hint" }, `${plural(leftOut, "review")} left out: of another version of this transcript, or changed by hand.`));
    }
    for (const other of others) {
      const agreement = agreements.find(({ reviewer }) => reviewer === other.reviewer);
      parts.push(element("h4", {}, element("bdi", {}, visibleLine(other.reviewer))), other.verdict === undefined ? element("p", { class: "hint" }, "No verdict yet.") : verdictText(other.verdict));
      if (agreement !== undefined && agreement.both > 0) {
        const kappa = agreement.kappa === undefined ? "" : `, Cohen’s κ ${agreement.kappa.toFixed(2)}`;
        parts.push(element("p", {}, `${plural(agreement.both, "finding")} decided by both${kappa}; ${agreement.disagreements.length === 0 ? "all alike" : plural(agreement.disagreements.length, "disagreement")}.`));
      }
      if (agreement?.sameVerdict === false) {
        parts.push(element("p", { class: "bad" }, "The verdicts differ."));
      }
      const table = this.comparison(other, agreement?.disagreements ?? []);
      if (table !== undefined) {
        parts.push(table);
      }
    }
    this.othersPart.replaceChildren(...(parts.length === 0 ? [] : [element("h3", {}, "Other reviewers"), ...parts]));
  }

  /** What both say of each finding; disagreements first. */
  private comparison(other: ReplayReviewer, disagreements: readonly string[]): HTMLElement | undefined {
    const theirs = new Map(other.decisions.map((decision) => [decision.fingerprint, decision]));
    const all = [...new Set([...disagreements, ...other.decisions.map(({ fingerprint }) => fingerprint), ...this.model.review.own.decisions.map(({ fingerprint }) => fingerprint)])];
    if (all.length === 0) {
      return undefined;
    }
    const cell = (decision: { readonly decision: string; readonly reason: string } | undefined): HTMLElement => element("td", { title: visibleLine(decision?.reason ?? "") }, decision === undefined ? "open" : decision.decision);
    return element(
      "table",
      { class: "comparison" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "finding"), element("th", { scope: "col" }, "you"), element("th", { scope: "col" }, visibleLine(other.reviewer)))),
      element(
        "tbody",
        {},
        ...all.map((fingerprint) => {
          const finding = this.model.finding(fingerprint);
          const name = finding === undefined ? element("span", { class: "hint" }, "not found by this audit") : textButton(`#${finding.span.ordinal + 1} ${visibleLine(finding.title)}`, "Go to the finding", () => this.actions.goToFinding(fingerprint));
          return element("tr", { class: disagreements.includes(fingerprint) ? "differs" : "" }, element("td", {}, name), cell(this.model.decision(fingerprint)), cell(theirs.get(fingerprint)));
        }),
      ),
    );
  }
}

function verdictText({ verdict, score, reason, signature, at }: ReplayVerdict): HTMLElement {
  return element("div", { class: "verdict" }, element("p", {}, element("strong", {}, verdictWords[verdict]), `, ${scoreWords[score]}.`), reason === "" ? undefined : element("p", {}, element("bdi", {}, visibleLine(reason))), element("p", { class: "hint" }, `Signed ${visibleLine(signature)}, ${formatDate(at)}`));
}

/** A choice of one among few. */
function choice<Value extends string>(name: string, title: string, options: readonly (readonly [value: Value, text: string])[], value: Value | undefined, changed?: (value: Value) => void): { readonly element: HTMLElement; value(): Value | undefined; choose(value: Value): void } {
  const inputs = options.map(([option]) => {
    const input = element("input", { type: "radio", name, value: option });
    input.checked = option === value;
    input.addEventListener("change", () => changed?.(option));
    return input;
  });
  const labels = options.map(([, text], index) => element("label", {}, inputs[index], text));
  return {
    element: element("fieldset", { class: "choice" }, element("legend", {}, title), ...labels),
    value: () => options[inputs.findIndex((input) => input.checked)]?.[0],
    choose: (chosen) => inputs.forEach((input, index) => (input.checked = options[index]?.[0] === chosen)),
  };
}

function problemLine(): { readonly element: HTMLElement; readonly tell: (error: unknown) => void } {
  const line = element("p", { class: "hint bad", role: "alert", hidden: true });
  return {
    element: line,
    tell: (error) => {
      line.textContent = error instanceof Error ? visibleLine(error.message) : "";
      line.hidden = false;
    },
  };
}

function onCtrlEnter(act: () => void, ...fields: readonly HTMLElement[]): void {
  for (const field of fields) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || field instanceof HTMLInputElement)) {
        event.preventDefault();
        event.stopPropagation();
        act();
      }
    });
  }
}
