/**
 * The process that runs one command on this computer and records how it ended,
 * whatever becomes of the editor meanwhile. Started by LocalBox, detached:
 *
 *     node supervisor.js <runs folder>/<id>
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, fstatSync, fsyncSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createFileOnce, messageOf, ownIdentity, processIdentity, systemErrorCode, writeFileDurably } from "../../base";
import { runFiles } from "../run-files";
import type { RunExit, RunSpecification } from "../run-record";
import { killProcessGroup, processGroupLives } from "./process-group";

/** How long after asking a run to stop it is made to stop, in ms. */
const graceBeforeKill = 2000;
/** The identity of no process, for a command that ended before it could be asked. */
const endedAlready = "ended";
/** How often cancellation and the amount of output are looked at, in ms. */
const watchInterval = 200;
/** For how long an end that cannot be recorded (disk full) is tried again, in ms. */
const recordEndFor = 3_600_000;

async function main(folder: string): Promise<void> {
  // Checked by who wrote it a moment ago: what would check it again takes a third of the time in which this program starts.
  const specification = JSON.parse(readFileSync(join(folder, runFiles.specification), "utf8")) as RunSpecification;
  if (!(await claim(folder))) {
    return;
  }
  await recordExit(folder, await supervise(folder, specification));
}

/** Makes this process the one that runs the command. False where the run was given up or is another's already. */
async function claim(folder: string): Promise<boolean> {
  const claim = { pid: process.pid, identity: await ownIdentity(), startedAt: Date.now() };
  return await createFileOnce(join(folder, runFiles.claim), JSON.stringify(claim));
}

async function supervise(folder: string, specification: RunSpecification): Promise<RunExit> {
  const startedAt = Date.now();
  const failedToStart = (problem: string): RunExit => ({
    kind: "not-started",
    code: null,
    signal: null,
    problem,
    startedAt,
    endedAt: Date.now(),
    stdoutBytes: 0,
    stderrBytes: 0,
  });
  if (!statSync(specification.folder, { throwIfNoEntry: false })?.isDirectory()) {
    return failedToStart(`the folder ${specification.folder} does not exist`);
  }

  const stdout = openSync(join(folder, runFiles.stdout), "a");
  const stderr = openSync(join(folder, runFiles.stderr), "a");
  const [program = "", ...rest] = specification.command;
  const child = spawn(program, rest, {
    cwd: specification.folder,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined, ...specification.environment },
    stdio: ["ignore", stdout, stderr],
    detached: true,
    windowsHide: true,
  });
  const ended = endOf(child);
  if (child.pid === undefined) {
    const end = await ended;
    return failedToStart(
      end.error !== undefined && systemErrorCode(end.error) === "ENOENT"
        ? `${program} is not installed or not on the PATH`
        : `${program} could not be started (${messageOf(end.error)})`,
    );
  }
  const pid = child.pid;
  try {
    const record = { pid, identity: (await processIdentity(pid)) ?? endedAlready };
    await writeFileDurably(join(folder, runFiles.child), JSON.stringify(record));
  } catch (error) {
    // A command that nobody could find again must not run on without limits.
    killProcessGroup(pid, "SIGKILL");
    throw error;
  }

  let stopped: RunExit["kind"] | undefined;
  const stop = (kind: RunExit["kind"]): void => {
    if (stopped === undefined) {
      stopped = kind;
      killProcessGroup(pid, "SIGTERM");
      setTimeout(() => killProcessGroup(pid, "SIGKILL"), graceBeforeKill).unref();
    }
  };
  const timeout = setTimeout(() => stop("timed-out"), specification.timeoutSeconds * 1000);
  const watch = setInterval(() => {
    if (existsSync(join(folder, runFiles.cancel))) {
      stop("cancelled");
    } else if (!existsSync(folder)) {
      // Nobody can find it again, nor what it does.
      stop("killed");
    } else if (fstatSync(stdout).size + fstatSync(stderr).size > specification.outputLimitBytes) {
      stop("output-limit");
    }
  }, watchInterval);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => stop("killed"));
  }

  const { code, signal } = await ended;
  clearTimeout(timeout);
  clearInterval(watch);
  await endWholeGroup(pid);
  // What was printed is on the disk before the record says how much it was.
  fsyncSync(stdout);
  fsyncSync(stderr);
  return {
    kind: stopped ?? (signal === null ? "exited" : "killed"),
    code,
    signal,
    problem: null,
    startedAt,
    endedAt: Date.now(),
    stdoutBytes: fstatSync(stdout).size,
    stderrBytes: fstatSync(stderr).size,
  };
}

interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
  });
}

/** Ends what the command left running, so that nothing prints or computes after the recorded end. */
async function endWholeGroup(pid: number): Promise<void> {
  killProcessGroup(pid, "SIGKILL");
  const deadline = Date.now() + graceBeforeKill;
  while (processGroupLives(pid) && Date.now() < deadline) {
    await delay(10);
  }
}

/** Records the end, and keeps trying where the disk does not take it; where the run's folder is gone, there is nothing to record it for. */
async function recordExit(folder: string, exit: RunExit): Promise<void> {
  const deadline = Date.now() + recordEndFor;
  for (;;) {
    try {
      await writeFileDurably(join(folder, runFiles.exit), JSON.stringify(exit));
      return;
    } catch (error) {
      if (Date.now() > deadline || !existsSync(folder)) {
        throw error;
      }
      await delay(1000);
    }
  }
}

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write("usage: supervisor.js <run folder>\n");
  process.exit(2);
}
main(folder).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  },
);
