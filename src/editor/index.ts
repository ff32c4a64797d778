import * as vscode from "vscode";
import type { panels } from "../contributions";
import { once } from "../base";
import { AttemptDetails } from "./attempt-details";
import { AttemptFiles } from "./attempt-files";
import { AttemptsTree } from "./attempts-tree";
import { recordAssistants } from "./assistants";
import { BoxAccess } from "./box-access";
import { watchBulkDeletes } from "./bulk-deletes";
import { BoxFiles } from "./box-files";
import { BoxSource } from "./box-source";
import { BoxTree } from "./box-tree";
import { ClockReminders } from "./clock-reminders";
import { ClockStatusBar } from "./clock-status-bar";
import { ClockTicks } from "./clock-ticks";
import { greet } from "./begin-session";
import type { RunCommand } from "./commands";
import { GapQuestions } from "./gap-questions";
import { Log } from "./log";
import { NotePrompts } from "./note-prompts";
import { NotesDocument } from "./notes";
import { Part } from "./part";
import { Ports } from "./ports";
import type { ReplayEditors } from "./replay/replay-editor";
import { ScoresPanels } from "./scores-panel";
import { ScoringTerminal } from "./scoring-terminal";
import { SnapshotDocuments } from "./snapshot-documents";
import { SessionTree } from "./session-tree";
import { TaskProblems } from "./task-problems";
import { WindowSession } from "./window-session";

/** The extension as it is loaded, for what VS Code asks of it (src/extension.ts). */
export interface Baseliner {
  readonly run: RunCommand;
  readonly openLink: (uri: vscode.Uri) => Promise<void>;
  /** Makes the *Transcripts* view too. */
  readonly replays: () => Promise<ReplayEditors>;
  /** Makes the *Tasks* view. */
  readonly showTasks: () => Promise<void>;
  readonly panels: Readonly<Record<keyof typeof panels, () => Promise<vscode.WebviewPanelSerializer>>>;
  /** What a document with one run of a large table shows. */
  readonly runText: (uri: vscode.Uri) => Promise<string>;
  readonly hasSession: () => boolean;
  /** Lets the session go, so that the window that comes next can have it at once. */
  readonly close: () => Promise<void>;
}

/** Views that have a stand-in until what fills them is loaded. */
export type StandIns = Readonly<Record<"transcripts" | "tasks", vscode.Disposable>>;

/**
 * Makes what is about the session and opens the one that this window shows. What reviewers and authors use is loaded
 * when it is asked for, so that a session's window is quick.
 */
export async function loadBaseliner(context: vscode.ExtensionContext, standIns: StandIns): Promise<Baseliner> {
  const log = new Log();
  const access = new BoxAccess(context.secrets, log);
  const current = new WindowSession(context, log, access);
  const ticks = new ClockTicks(current);
  const problems = new TaskProblems();
  const terminal = new ScoringTerminal(current);
  const scores = new ScoresPanels(context, current, ticks);
  const box = new BoxSource(current);
  const ports = new Ports(box);
  const boxFiles = new BoxFiles(box);
  const snapshots = new SnapshotDocuments(current);
  const attemptFiles = new AttemptFiles(current, snapshots);
  const attemptDetails = new AttemptDetails(current);
  const reviewing = new Part(async () => {
    const { makeReviewing } = await import("./replay");
    standIns.transcripts.dispose();
    return makeReviewing(context, log);
  });
  const authoring = new Part(async () => {
    const { makeAuthoring } = await import("./tasks");
    standIns.tasks.dispose();
    return makeAuthoring(context, problems, current.localBox, access);
  });
  const analysis = new Part(async () => {
    const { AnalysisPanels } = await import("./analysis-panel");
    return new AnalysisPanels(context);
  });
  const editor = { context, current, access, log, problems, terminal, scores, box, ports, boxFiles, snapshots, attemptFiles, attemptDetails, reviewing, authoring, analysis };
  context.subscriptions.push(
    log,
    problems,
    terminal,
    scores,
    ticks,
    new SessionTree(current, ticks),
    new AttemptsTree(current),
    snapshots,
    attemptFiles,
    attemptDetails,
    box,
    ports,
    boxFiles,
    new BoxTree(box, ports),
    new ClockStatusBar(current, ticks),
    new ClockReminders(current, context.workspaceState, ticks),
    new GapQuestions(current),
    new NotesDocument(current),
    new NotePrompts(current, context.workspaceState, ticks),
    reviewing,
    authoring,
    analysis,
    watchBulkDeletes(current),
    recordAssistants(current, context.extension.id, log),
    current.onDidOpen((session) => {
      greet(session).catch((error: unknown) => current.tellUnlessClosing(session, error));
    }),
    current,
  );
  await current.openSessionOfThisWindow();
  // Once, also where two are given at the same time: what was written of a note and not sent is kept there.
  const run = once(async () => (await import("./commands")).commandsOf(editor));
  return {
    run: async (name, args) => {
      await (await run())(name, args);
    },
    openLink: async (uri) => (await import("./links")).openLink(editor, uri),
    replays: async () => (await reviewing.get()).replays,
    showTasks: async () => {
      await authoring.get();
    },
    runText: async (uri) => (await analysis.get()).runTextOf(uri),
    panels: { scores: () => Promise.resolve(scores), analysis: () => analysis.get() },
    hasSession: () => current.session !== undefined,
    close: () => current.close(),
  };
}
