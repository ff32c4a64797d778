import type { EventDraft } from "../event";
import { ToldMessages } from "./told-messages";

/** A tool that ran, as a trace has it. */
export interface ToolRun {
  /** Its id, where the trace says so; else it is the first open call of a tool with this name. */
  readonly call: string | undefined;
  readonly begin: EventDraft;
  /** Undefined where the trace does not say what came of it. */
  readonly end: EventDraft | undefined;
  /** False where the trace says that it ended and not what came of it: a message may say that later, if a model asked for it. */
  readonly isRecorded?: boolean;
}

/**
 * A conversation out of the spans of a trace: each span of a model has all messages that it was sent, and tools have spans of their own, so
 * that most is said several times. Each is told once: a call by the model that asks for it, a result by the tool that ran.
 */
export class TracedConversation {
  private readonly told = new ToldMessages();
  /** Calls that were asked for and have not run yet: of each the tool, and of each tool its calls in order. */
  private readonly open = new Map<string, string>();
  private readonly openOf = new Map<string, Set<string>>();

  /** What is new of the messages that a model was sent. */
  sent(messages: readonly (readonly EventDraft[])[]): EventDraft[] {
    const drafts = this.told.news("", messages);
    drafts.forEach((draft) => this.note(draft));
    return drafts;
  }

  /** What a model answered. */
  answered(drafts: readonly EventDraft[]): void {
    drafts.forEach((draft) => this.note(draft));
    this.told.tell("", drafts, true);
  }

  /** The call of a tool that ran, where no model asked for it, with its result. */
  ran({ call: given, begin, end, isRecorded }: ToolRun, fallback: string): EventDraft[] {
    const [asked] = given === undefined ? (this.openOf.get(begin.tool ?? "") ?? []) : this.open.has(given) ? [given] : [];
    const call = asked ?? given ?? fallback;
    this.close(call);
    const drafts: EventDraft[] = [{ ...begin, ...(asked === undefined ? { call } : { call: undefined, isRepeat: true }) }, ...(end === undefined || (isRecorded === false && asked !== undefined) ? [] : [{ ...end, call }])];
    this.told.tell("", drafts.filter(({ isRepeat }) => isRepeat !== true), false);
    return drafts;
  }

  private note({ kind, call, tool }: EventDraft): void {
    if (kind === "tool-call" && call !== undefined) {
      this.close(call);
      this.open.set(call, tool ?? "");
      const calls = this.openOf.get(tool ?? "") ?? new Set();
      this.openOf.set(tool ?? "", calls.add(call));
    } else if (kind === "tool-result" && call !== undefined) {
      this.close(call);
    }
  }

  private close(call: string): void {
    this.openOf.get(this.open.get(call) ?? "")?.delete(call);
    this.open.delete(call);
  }
}

/** The traces of a file. */
export class Traces {
  private readonly known = new Map<string, { readonly sample: string | undefined; readonly conversation: TracedConversation }>();

  /** What the sample is called that a trace is, if anything of it was read. */
  sampleOf(trace: string): string | undefined {
    return this.known.get(trace)?.sample;
  }

  /** What was said in a trace so far, and what the sample that it is, is called; the first of a file has no name. */
  of(trace: string): { readonly sample: string | undefined; readonly conversation: TracedConversation } {
    const found = this.known.get(trace) ?? { sample: this.known.size === 0 ? undefined : `trace ${this.known.size + 1}`, conversation: new TracedConversation() };
    this.known.set(trace, found);
    return found;
  }
}
