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
  hidesInstructions,
  readAssignment,
  readJournal,
  remainingAt,
  Session,
  sessionFolder,
  type SessionState,
  type Survey,
  stateOf,
  usualConditions,
} from "../sessions";
import { BoxError, isConnectionProblem, type OutputStream } from "../boxes";
import { loadTask, type Need, scoringFolder, taskFileName } from "../tasks";
import { exportCommand, verifyCommand } from "./record-commands";
import { localBox, type Outcome, parse, printJson, printTable, sessionRoot, sshBox, surroundings, UsageError } from "./command";

/** The `baseliner session …` commands by name. */
export const sessionCommands = { start, score, clock, pause, resume, gap, note, status, submit, verify: verifyCommand, export: exportCommand };

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
      process.stdout.write(`Session ${root}\n${whereThingsAre(root, await stateAt(root))}`);
    }
    return "done";
  }
  if (!values.json) {
    process.stdout.write(`Session ${root}\nScoring the starting solution, off the clock.\n`);
  }
  const missing = await withSession(root, lacking);
  if (missing.length > 0 && !values.json) {
    process.stdout.write(`The box lacks what the task asks for (baseliner box check tells more): ${missing.map(({ kind, wanted }) => singleLine(`${kind} ${wanted}`)).join(", ")}\n`);
  }
  const outcome = await scoreAndReport(root, values.json);
  if (!values.json) {
    process.stdout.write(whereThingsAre(root, await stateAt(root)));
  }
  return outcome;
}

/** What somebody who begins looks for, a line each. */
function whereThingsAre(root: string, state: SessionState): string {
  const folder = sessionFolder(root);
  const scoring = state.created.box.kind === "local" ? `How it is scored  ${join(folder.box, scoringFolder)}\n` : "";
  return `Instructions      ${join(folder.box, state.created.task.instructions)}${hidesInstructions(state) ? ", to be read once the clock runs" : ""}
Workspace         ${folder.workspace}: what you change, and what is scored
${scoring}Begin with        baseliner session clock start, in that folder
`;
}

/** What the box lacks. A box that does not tell is not on record as looked at, and can be scored on all the same. */
async function lacking(session: Session): Promise<Need[]> {
  try {
    return (await session.checkBox()).filter(({ ok }) => ok === false);
  } catch (error) {
    if (error instanceof BoxError && !isConnectionProblem(error)) {
      return [];
    }
    throw error;
  }
}

async function layOut(assignment: Assignment, sessionsFolder: string): Promise<string> {
  if (!("task" in assignment)) {
    const box = await sshBox(assignment.box);
    await box.connection?.connect();
    try {
      return await createSessionOnBox({ ...assignment, sessionsFolder }, box, systemTime);
    } finally {
      box.connection?.close();
    }
  }
  return await createSession({ ...assignment, sessionsFolder, task: await loadTask(assignment.task) }, localBox(), systemTime);
}

/** What a scoring prints, as a terminal may show it: what comes behind it is on a line of its own, in no colour that the output chose. */
class ScoringAtTerminal {
  private readonly text = { stdout: new TerminalText(), stderr: new TerminalText() };
  private last: { readonly stream: OutputStream; readonly text: string } | undefined;

  show(stream: OutputStream, bytes: Uint8Array): void {
    this.write(stream, this.text[stream].write(bytes));
  }

  end(): void {
    this.write("stdout", this.text.stdout.end());
    this.write("stderr", this.text.stderr.end());
    if (this.last !== undefined) {
      process[this.last.stream].write(`${this.last.text.endsWith("\n") ? "" : "\r\n"}\u001b[0m`);
    }
  }

  private write(stream: OutputStream, text: string): void {
    if (text !== "") {
      process[stream].write(text);
      this.last = { stream, text };
    }
  }
}

async function score(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  return await scoreAndReport(sessionRoot(positionals[0]), values.json);
}

async function scoreAndReport(root: string, json: boolean): Promise<Outcome> {
  const attempt = await withSession(root, async (session) => {
    const terminal = new ScoringAtTerminal();
    if (!json) {
      session.on("output", (_attempt, stream, bytes) => {
        // To a terminal only text and colours; to a file or another program every byte.
        if (process[stream].isTTY) {
          terminal.show(stream, bytes);
        } else {
          process[stream].write(bytes);
        }
      });
    }
    const cancel = (): void => void session.cancelScoring().catch(() => undefined);
    process.on("SIGINT", cancel);
    try {
      return await session.score();
    } finally {
      process.off("SIGINT", cancel);
      terminal.end();
    }
  });
  if (json) {
    printJson({ session: root, attempt });
  } else {
    const state = await stateAt(root);
    process.stdout.write(`Attempt ${attempt.number}: ${attemptText(attempt, state)}\n`);
  }
  return attempt.outcome.kind === "scored" || attempt.outcome.kind === "hidden" ? "done" : "failed";
}

async function clock(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { reason: { type: "string" } });
  const [first = "show", second] = positionals;
  // `session clock SESSION` shows it too.
  const isAction = Object.hasOwn(clockActions, first);
  const root = sessionRoot(isAction ? second : first);
  if (!isAction && second !== undefined) {
    throw new UsageError(`session clock takes start, pause, resume or show, not ${first}`);
  }
  return await changeClock(root, isAction ? (first as keyof typeof clockActions) : "show", values.reason ?? "", values.json);
}

async function pause(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { reason: { type: "string" } });
  return await changeClock(sessionRoot(positionals[0]), "pause", values.reason ?? "", values.json);
}

async function resume(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  return await changeClock(sessionRoot(positionals[0]), "resume", "", values.json);
}

const clockActions = {
  start: (session: Session) => session.startClock(),
  pause: (session: Session, reason: string) => session.pauseClock(reason),
  resume: (session: Session) => session.resumeClock(),
  show: undefined,
} as const;

async function changeClock(root: string, action: keyof typeof clockActions, reason: string, json: boolean): Promise<Outcome> {
  const act = clockActions[action];
  if (act !== undefined) {
    await withSession(root, (session) => act(session, reason));
  }
  const { clock } = await stateAt(root);
  const now = Date.now();
  if (json) {
    printJson({ state: clock.state, elapsedMs: elapsedAt(clock, now), remainingMs: remainingAt(clock, now), limitMs: clock.limitMs, gaps: clock.gaps });
  } else {
    process.stdout.write(`${clockText(clock, now)}\n${gapLines(clock)}`);
  }
  return "done";
}

/** Answers the gaps in the working time, one after the other or all at once. */
async function gap(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { all: { type: "boolean", default: false } });
  const [answer, folder] = positionals;
  if (answer !== "work" && answer !== "break") {
    throw new UsageError("session gap takes work or break");
  }
  const root = sessionRoot(folder);
  const answered = await withSession(root, async (session) => {
    await session.recoverAttempts();
    const gaps = values.all ? session.state.clock.gaps : session.state.clock.gaps.slice(0, 1);
    for (const one of gaps) {
      await session.answerGap(one, answer);
    }
    return gaps;
  });
  const { clock } = await stateAt(root);
  if (values.json) {
    printJson({ session: root, answered, left: clock.gaps });
  } else {
    const lines = answered.map((one) => `${gapLine(one)} counts as ${answer === "work" ? "work" : "a break"}\n`).join("");
    process.stdout.write(`${answered.length === 0 ? "No gap waits for an answer.\n" : lines}${gapLines(clock)}`);
  }
  return "done";
}

/** One line for each gap that waits for an answer, and how to give it. */
function gapLines({ gaps }: SessionState["clock"]): string {
  return gaps.length === 0 ? "" : `Work or break? (baseliner session gap work|break)\n${gaps.map((one) => `  ${gapLine(one)}\n`).join("")}`;
}

function gapLine({ cause, from, until }: SessionState["clock"]["gaps"][number]): string {
  const what = { closed: "editor closed", slept: "computer slept", "clock-jumped": "computer's clock went ahead" }[cause];
  return `${what} for ${formatMinutes(until - from)}, ${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
}

async function note(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  const [first, second] = positionals;
  if (first === undefined || positionals.length > 2) {
    throw new UsageError("session note takes a text: session note [SESSION] TEXT");
  }
  const root = sessionRoot(second === undefined ? undefined : first);
  const notes = await withSession(root, async (session) => {
    await session.addNote(second ?? first);
    return session.state.notes.length;
  });
  if (values.json) {
    printJson({ session: root, notes });
  } else {
    process.stdout.write(`Note ${notes} is on record.\n`);
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
  const { values, positionals } = parse(args, {
    "without-box": { type: "boolean", default: false },
    predicted: { type: "string" },
    "minutes-lost": { type: "string" },
    "lost-to": { type: "string" },
    clear: { type: "string" },
    comments: { type: "string" },
  });
  const root = sessionRoot(positionals[0]);
  const survey = surveyOf(values);
  await withSession(root, (session) => session.submit({ survey: () => Promise.resolve(survey), withoutBox: values["without-box"] }));
  const state = await stateAt(root);
  if (values.json) {
    printJson({ session: root, best: state.best });
  } else {
    process.stdout.write(state.best === null ? "Submitted without a valid score.\n" : `Submitted; attempt ${state.best} is the result.\n`);
  }
  return "done";
}

/** The exit survey as it is answered on the command line; null where nothing is answered. @throws {UsageError} */
function surveyOf(values: { predicted?: string | undefined; "minutes-lost"?: string | undefined; "lost-to"?: string | undefined; clear?: string | undefined; comments?: string | undefined }): Survey | null {
  const { predicted, "minutes-lost": minutesLost, "lost-to": lostTo, clear, comments } = values;
  if ([predicted, minutesLost, lostTo, clear, comments].every((answer) => answer === undefined)) {
    return null;
  }
  const number = (name: string, text: string | undefined, least: number): number | null => {
    if (text !== undefined && (text.trim() === "" || !Number.isFinite(Number(text)) || Number(text) < least)) {
      throw new UsageError(`--${name} takes a number, not ${text}`);
    }
    return text === undefined ? null : Number(text);
  };
  if (clear !== undefined && clear !== "yes" && clear !== "partly" && clear !== "no") {
    throw new UsageError(`--clear takes yes, partly or no, not ${clear}`);
  }
  return { predicted: number("predicted", predicted, -Infinity), minutesLost: number("minutes-lost", minutesLost, 0), lostTo: lostTo ?? "", clear: clear ?? null, comments: comments ?? "" };
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
