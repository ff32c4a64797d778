import * as vscode from "vscode";
import { formatMinutes, singleLine } from "../base";
import { commands } from "../contributions";
import { describeAttempt, elapsedAt, missingOnBox, type Session } from "../sessions";
import { lacksText } from "./box-lacks";
import { type BoxRow, boxRows } from "./box-rows";
import { gapText } from "./gap-questions";
import { policyLines } from "./session-conditions";

/** One line of the *Session* view, with those under it. */
export interface SessionRow extends BoxRow {
  /** Where it is not told by the first word of `contextValue`. */
  readonly id?: string;
  readonly children?: readonly SessionRow[];
}

/** What the *Session* view says of a session, from top to bottom. */
export function sessionRows(session: Session): SessionRow[] {
  return [
    ...accessRow(session),
    clockRow(session),
    ...gapRow(session),
    bestRow(session),
    ...boxRows(session),
    ...lacksRow(session),
    ...integrityRow(session),
    instructionsRow(session),
    ...policyRow(session),
    notesRow(session),
    ...recordingRow(session),
  ];
}

function accessRow(session: Session): SessionRow[] {
  const { access } = session;
  if (access.kind === "writer" || access.reason === "closed") {
    return [];
  }
  if (access.reason === "untrusted") {
    return [
      {
        contextValue: "untrusted",
        label: vscode.l10n.t("Restricted"),
        description: vscode.l10n.t("trust this workspace to score"),
        icon: "shield",
        command: { command: "workbench.trust.manage", title: vscode.l10n.t("Manage Workspace Trust") },
      },
    ];
  }
  return [{ contextValue: `reader.${access.reason}`, label: vscode.l10n.t("Read-only"), description: access.text, icon: "lock" }];
}

function clockRow(session: Session): SessionRow {
  const { clock } = session.state;
  const elapsed = formatMinutes(elapsedAt(clock, Date.now()));
  const limit = formatMinutes(clock.limitMs);
  const texts: Record<typeof clock.state, string> = {
    "not-started": vscode.l10n.t("not started · {0}", limit),
    running: vscode.l10n.t("{0} of {1}", elapsed, limit),
    paused: vscode.l10n.t("paused at {0} of {1}", elapsed, limit),
    expired: vscode.l10n.t("time is up · {0}", limit),
    submitted: vscode.l10n.t("submitted at {0} of {1}", elapsed, limit),
  };
  const icon = clock.state === "paused" ? "debug-pause" : clock.state === "submitted" ? "check" : "watch";
  const writable = session.access.kind === "writer" ? clock.state : "read";
  return { contextValue: `clock.${writable}`, label: vscode.l10n.t("Clock"), description: texts[clock.state], icon };
}

/** What the expert has not said yet of gaps in the working time. */
function gapRow(session: Session): SessionRow[] {
  const { gaps } = session.state.clock;
  const [gap] = gaps;
  if (gap === undefined) {
    return [];
  }
  const description = gaps.length === 1 ? formatMinutes(gap.until - gap.from) : vscode.l10n.t("{0} questions", gaps.length);
  return [
    {
      contextValue: session.access.kind === "writer" ? "gap.write" : "gap.read",
      label: vscode.l10n.t("Work or break?"),
      description,
      icon: "question",
      tooltip: [...gaps.map(gapText), "", vscode.l10n.t("Until you say, it counts as work.")].join("\n"),
      command: { command: commands.answerGaps, title: vscode.l10n.t("Answer") },
    },
  ];
}

function bestRow(session: Session): SessionRow {
  const { state } = session;
  const label = vscode.l10n.t("Best");
  const best = state.attempts.find((attempt) => attempt.number === state.best);
  if (!state.created.scoring.visible) {
    return { contextValue: "best", label, description: vscode.l10n.t("scores are hidden in this task"), icon: "star-empty" };
  }
  if (best === undefined) {
    return { contextValue: "best", label, description: vscode.l10n.t("no valid score yet"), icon: "star-empty" };
  }
  const { scoreWithUnit, normalised } = describeAttempt(best, state);
  const origin = best.kind === "start" ? vscode.l10n.t("starting solution") : vscode.l10n.t("attempt {0}", best.number);
  return { contextValue: "best", label, description: `${normalised} · ${scoreWithUnit} · ${origin}`, icon: best.kind === "start" ? "star-empty" : "star-full" };
}

/** What the box lacked when it was looked at. */
function lacksRow({ state }: Session): SessionRow[] {
  const missing = missingOnBox(state);
  if (missing.length === 0) {
    return [];
  }
  const description = lacksText(missing);
  return [
    {
      contextValue: "lacks",
      label: vscode.l10n.t("Box lacks"),
      description,
      icon: "warning",
      tooltip: vscode.l10n.t("When the box was looked at, it lacked what the task asks for: {0}. This is on record.", description),
    },
  ];
}

function integrityRow(session: Session): SessionRow[] {
  const changes = session.state.integrityChanges;
  if (changes.length === 0) {
    return [];
  }
  const files = new Set(changes.flatMap(({ changed, added, removed }) => [...changed, ...added, ...removed]));
  return [
    {
      contextValue: "integrity",
      label: vscode.l10n.t("Scoring files changed"),
      description: singleLine([...files].join(", ")),
      icon: "warning",
      tooltip: vscode.l10n.t("Files that decide the score differ from those the session began with. This is on record."),
    },
  ];
}

function instructionsRow(session: Session): SessionRow {
  if (session.hidesInstructions) {
    return {
      contextValue: "instructions.hidden",
      label: vscode.l10n.t("Instructions"),
      description: vscode.l10n.t("come with the clock"),
      icon: "book",
      tooltip: vscode.l10n.t("In this session the instructions are shown when the clock is started, so that reading them counts as work."),
    };
  }
  return {
    contextValue: "instructions",
    label: vscode.l10n.t("Instructions"),
    description: singleLine(session.state.created.task.title),
    icon: "book",
    command: { command: commands.showInstructions, title: vscode.l10n.t("Show Instructions") },
  };
}

function policyRow(session: Session): SessionRow[] {
  const lines = policyLines(session.state.created.conditions.policy);
  return lines.length === 0 ? [] : [{ contextValue: "policy", label: vscode.l10n.t("Rules"), description: lines.join(" · "), icon: "law", tooltip: lines.join("\n") }];
}

function notesRow(session: Session): SessionRow {
  const { notes } = session.state;
  const latest = notes.at(-1);
  return {
    contextValue: session.access.kind === "writer" ? "notes.write" : "notes.read",
    label: vscode.l10n.t("Notes"),
    description: latest === undefined ? vscode.l10n.t("none yet") : notes.length === 1 ? vscode.l10n.t("1 note") : vscode.l10n.t("{0} notes", notes.length),
    icon: "note",
    ...(latest === undefined ? { command: { command: commands.addNote, title: vscode.l10n.t("Add Note") } } : {}),
    children: notes
      .map((note, index): SessionRow => {
        const when = note.elapsedMs === null ? vscode.l10n.t("before the clock") : formatMinutes(note.elapsedMs);
        return {
          id: `note-${index}`,
          contextValue: "note",
          label: when,
          description: singleLine(note.text, 120),
          icon: "circle-small",
          tooltip: `${new Date(note.at).toLocaleString()}\n\n${note.text.slice(0, 2000)}`,
          command: { command: commands.showNotes, title: vscode.l10n.t("Show Notes"), arguments: [index] },
        };
      })
      .reverse(),
  };
}

/** Says that terminals are recorded, for as long as they are. */
function recordingRow(session: Session): SessionRow[] {
  const { created, consent } = session.state;
  if (!created.conditions.recording) {
    return [];
  }
  const writable = session.access.kind === "writer";
  const description = consent === null ? vscode.l10n.t("not decided yet") : consent ? vscode.l10n.t("on, with your consent") : vscode.l10n.t("off, as you chose");
  return [
    {
      contextValue: writable ? "recording.write" : "recording.read",
      label: vscode.l10n.t("Recording"),
      description,
      icon: consent === true ? "record" : "circle-slash",
      tooltip: vscode.l10n.t("Whether what terminals show is recorded into the session folder. You can change it at any time; both choices are on record."),
      ...(writable && consent === null ? { command: { command: commands.changeConsent, title: vscode.l10n.t("Change Consent to Recording") } } : {}),
    },
  ];
}
