import * as vscode from "vscode";
import { AuditError, auditInWorker, type Finding, isAtLeast, KeptAudits, loadRuleChoice, type Span, type TranscriptAudit } from "../../audit";
import { messageOf } from "../../base";
import type { ReplayAudit, ReplayFinding, ReplaySpan } from "../../protocol";
import { contentKey } from "../../transcripts";
import type { ReplayDocument } from "./replay-document";

/** More findings than a person can look at are not sent to a panel. */
const mostShown = 2000;
const nothing: ReplayAudit = { state: "none", done: 0, problem: "", rules: "", events: 0, isStale: false, findings: [], left: 0 };

/** What audits need of the extension. */
export interface AuditOptions {
  /** Path of `audit-worker.js`. */
  readonly worker: string;
  /** Folder of the tasks that come with Baseliner. */
  readonly tasks: string;
  /** Folder in which audits are kept. */
  readonly kept: string;
}

/** The audit of an open transcript: all panels on it show the same. */
export class DocumentAudit implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private readonly kept: KeptAudits;
  private current = nothing;
  private stop: AbortController | undefined;
  /** How many events there were when the transcript changed last. */
  private counted = 0;
  /** Whether the events of findings may be others than they were. */
  private isSuspect = false;

  constructor(
    private readonly document: ReplayDocument,
    private readonly options: AuditOptions,
  ) {
    this.kept = new KeptAudits(options.kept, options.worker);
    document.onDidChange((first) => this.transcriptChanged(first));
  }

  get state(): ReplayAudit {
    return this.current;
  }

  /** Audits the transcript as it lies there now, unless that goes on already. Ends when the audit has. */
  async start(): Promise<void> {
    if (this.current.state === "running") {
      return;
    }
    const before = this.current;
    const stop = new AbortController();
    this.stop = stop;
    this.set({ ...before, state: "running", done: 0, problem: "" });
    try {
      const { store } = await this.document.ready();
      const { chooseRules, maxFirstEvents, maxToldBytes, rulesByTask, toldFirst } = await loadRuleChoice();
      const first = await Promise.all(Array.from({ length: Math.min(maxFirstEvents, store.count) }, async (_, ordinal) => await store.event(ordinal, maxToldBytes)));
      const { rules, task } = chooseRules(await rulesByTask(this.options.tasks), store.state.facts, store.state.format, toldFirst(first));
      const key = await this.kept.keyOf(await contentKey(store.path), rules);
      const audit = (await this.kept.read(key)) ?? (await auditInWorker(store.path, rules, { worker: this.options.worker, signal: stop.signal, progress: ({ done, total }) => this.set({ ...this.current, done: total > 0 ? done / total : 0 }) }));
      // Where it has changed meanwhile, nobody can tell which content was audited.
      if (audit.problem === undefined && (await this.kept.keyOf(await contentKey(store.path), rules)) === key) {
        await this.kept.keep(key, audit);
      }
      this.set({ state: "done", done: 1, problem: audit.problem ?? "", rules: task, events: audit.events, isStale: false, ...this.shown(audit) });
    } catch (error) {
      const isCancelled = error instanceof AuditError && error.reason === "cancelled";
      this.set(isCancelled ? before : { ...before, state: "failed", problem: messageOf(error) });
    } finally {
      this.stop = undefined;
    }
  }

  cancel(): void {
    this.stop?.abort();
  }

  private shown({ findings: all }: TranscriptAudit): Pick<ReplayAudit, "findings" | "left"> {
    // A decision is about a fingerprint, so each stands here once.
    const findings = [...new Map(all.map((finding) => [finding.fingerprint, finding] as const).reverse()).values()].reverse();
    // Where there are too many, the least severe are left out.
    const least = findings.length <= mostShown ? "info" : "high";
    const chosen = findings.filter(({ severity }) => isAtLeast(severity, least)).slice(0, mostShown);
    return { findings: chosen.map((finding) => this.shownFinding(finding)), left: findings.length - chosen.length };
  }

  private shownFinding({ fingerprint, rule, title, severity, status, reason, sentence, sample, span, evidence, occurrences }: Finding): ReplayFinding {
    return { fingerprint, rule, title, severity, status, reason, sentence: sentence ?? "", sample: sample ?? "", span: this.shownSpan(span), evidence: evidence.map((one) => ({ label: one.label, span: this.shownSpan(one.span) })), occurrences };
  }

  private shownSpan({ event, eventId, start, end, quote }: Span): ReplaySpan {
    const { columns } = this.document;
    return { ordinal: event, id: eventId, start, end, quote, elapsed: event < columns.count ? columns.elapsed(event) : undefined };
  }

  /** What was added behind the audited events changes nothing; where these were read anew, they may be others. */
  private transcriptChanged(kept: number): void {
    const { columns, store } = this.document;
    const isOther = kept < this.counted;
    this.counted = columns.count;
    const { state, isStale, findings } = this.current;
    const last = Math.max(-1, ...findings.map(({ span }) => span.ordinal));
    this.isSuspect = (this.isSuspect || (isOther && kept <= last)) && state === "done" && !isStale;
    // Those that are not read again yet cannot be looked at.
    if (this.isSuspect && (columns.count > last || store.state.isComplete)) {
      this.isSuspect = false;
      void this.checkPlaces();
    }
  }

  /** Looks whether findings are still about the events that they were found at. */
  private async checkPlaces(): Promise<void> {
    const audited = this.current;
    const { store } = this.document;
    const same = await Promise.all(audited.findings.map(async ({ span }) => (await store.glance(span.ordinal, 0)).event.id === span.id)).catch(() => [false]);
    if (this.current === audited && same.includes(false)) {
      this.set({ ...audited, isStale: true });
    }
  }

  private set(state: ReplayAudit): void {
    this.current = state;
    this.changes.fire();
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }
}
