import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { formatMinutes, formatSeconds, singleLine, systemTime, TerminalText } from "../base";
import {
  type Attempt,
  type Assignment,
  createSession,
  createSessionOnBox,
  defaultSessionsFolder,
  describeAttempt,
  elapsedAt,
  readAssignment,
  readJournal,
  remainingAt,
  Session,
  type SessionState,
  stateOf,
  usualConditions,
} from "../sessions";
import { loadTask, taskFileName } from "../tasks";
import { exportCommand, verifyCommand } from "./record-commands";
import { localBox, type Outcome, parse, printJson, printTable, sessionRoot, sshBox, surroundings, UsageError } from "./command";

/** The `baseliner session …` commands by name. */
export const sessionCommands = { start, score, clock, status, submit, verify: verifyCommand, export: exportCommand };

async function start(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    profile: { type: "string" },
    participant: { type: "string" },
    sessions: { type: "string" },
    unscored: { type: "boolean", default: false },
  });
  const [target] = positionals;
  if (target === undefined) {
    throw new UsageError("session start needs an assignment file or a task folder");
  }
  const isTask = (await stat(join(target, taskFileName)).catch(() => undefined))?.isFile() === true;
  const assignment: Assignment = isTask ? { task: resolve(target), box: { kind: "local" }, profile: "cpu", participant: "local", conditions: usualConditions } : await readAssignment(resolve(target));
  const root = await layOut(
    { ...assignment, profile: values.profile ?? assignment.profile, participant: values.participant ?? assignment.participant },
    values.sessions === undefined ? defaultSessionsFolder() : resolve(values.sessions),
  );
  if (values.unscored) {
    if (values.json) {
      printJson({ session: root });
    } else {
      process.stdout.write(`Session ${root}\n`);
    }
    return "done";
  }
  if (!values.json) {
    process.stdout.write(`Session ${root}\nScoring the starting solution, off the clock.\n`);
  }
  return await scoreAndReport(root, values.json);
}

async function layOut(assignment: Assignment, sessionsFolder: string): Promise<string> {
  if (!("task" in assignment)) {
    const box = await sshBox(assignment.box.target, assignment.box.hostKey);
    await box.connection?.connect();
    try {
      return await createSessionOnBox({ ...assignment, sessionsFolder }, box, systemTime);
    } finally {
      box.connection?.close();
    }
  }
  return await createSession({ ...assignment, sessionsFolder, task: await loadTask(assignment.task) }, localBox(), systemTime);
}

async function score(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  return await scoreAndReport(sessionRoot(positionals[0]), values.json);
}

async function scoreAndReport(root: string, json: boolean): Promise<Outcome> {
  const attempt = await withSession(root, async (session) => {
    if (!json) {
      const shown = { stdout: new TerminalText(), stderr: new TerminalText() };
      session.on("output", (_attempt, stream, bytes) => {
        // To a terminal only text and colours; to a file or another program every byte.
        process[stream].write(process[stream].isTTY ? shown[stream].write(bytes) : bytes);
      });
    }
    const cancel = (): void => void session.cancelScoring().catch(() => undefined);
    process.on("SIGINT", cancel);
    try {
      return await session.score();
    } finally {
      process.off("SIGINT", cancel);
    }
  });
  if (json) {
    printJson({ session: root, attempt });
  } else {
    const state = await stateAt(root);
    process.stdout.write(`Attempt ${attempt.number}: ${attemptText(attempt, state)}\n`);
  }
  return attempt.outcome.kind === "scored" ? "done" : "failed";
}

async function clock(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { reason: { type: "string" } });
  const [action = "show", folder] = positionals;
  const root = sessionRoot(folder);
  switch (action) {
    case "start":
      await withSession(root, (session) => session.startClock());
      break;
    case "pause":
      await withSession(root, (session) => session.pauseClock(values.reason ?? ""));
      break;
    case "resume":
      await withSession(root, (session) => session.resumeClock());
      break;
    case "show":
      break;
    default:
      throw new UsageError(`session clock takes start, pause, resume or show, not ${action}`);
  }
  const { clock } = await stateAt(root);
  const now = Date.now();
  if (values.json) {
    printJson({ state: clock.state, elapsedMs: elapsedAt(clock, now), remainingMs: remainingAt(clock, now), limitMs: clock.limitMs });
  } else {
    process.stdout.write(`${clockText(clock, now)}\n`);
  }
  return "done";
}

async function status(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  const root = sessionRoot(positionals[0]);
  const state = await stateAt(root);
  if (values.json) {
    printJson({ session: root, ...state, elapsedMs: elapsedAt(state.clock, Date.now()) });
    return "done";
  }
  const { task, scoring } = state.created;
  process.stdout.write(`${singleLine(task.title)} · ${task.profile} · ${state.created.participant}\n${clockText(state.clock, Date.now())}\n\n`);
  printTable([
    ["attempt", "into session", `score ${scoring.unit}`.trim(), "normalised", ""],
    ...[...state.attempts].reverse().map((attempt) => {
      const { score, normalised, note } = describeAttempt(attempt, state);
      return [String(attempt.number), attempt.elapsedMs === null ? "start" : formatSeconds(attempt.elapsedMs), score, normalised, note];
    }),
  ]);
  return "done";
}

async function submit(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  const root = sessionRoot(positionals[0]);
  await withSession(root, (session) => session.submit());
  const state = await stateAt(root);
  if (values.json) {
    printJson({ session: root, best: state.best });
  } else {
    process.stdout.write(state.best === null ? "Submitted without a valid score.\n" : `Submitted; attempt ${state.best} is the result.\n`);
  }
  return "done";
}

async function withSession<Result>(root: string, act: (session: Session) => Promise<Result>): Promise<Result> {
  const session = await Session.open(root, surroundings());
  session.on("problem", (text) => process.stderr.write(`baseliner: ${text}\n`));
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}

async function stateAt(root: string): Promise<SessionState> {
  const state = stateOf((await readJournal(root)).entries);
  if (state === undefined) {
    throw new UsageError(`the journal in ${root} does not begin with a session`);
  }
  return state;
}

function attemptText(attempt: Attempt, state: SessionState): string {
  const { score, normalised, note } = describeAttempt(attempt, state);
  return [score, normalised === "" ? "" : `normalised ${normalised}`, note].filter((part) => part !== "").join("  ");
}

function clockText(clock: SessionState["clock"], now: number): string {
  const left = `${formatMinutes(remainingAt(clock, now))} left of ${formatMinutes(clock.limitMs)}`;
  const words = { "not-started": "not started", running: "running", paused: "paused", expired: "time is up", submitted: "submitted" };
  return `Clock ${words[clock.state]}, ${left}`;
}
