import { mkdir, open, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile, systemErrorCode } from "../base";
import type { RunExit } from "../boxes";
import type { EntryData } from "./journal-entry";
import type { ScoredSession } from "./scorings";
import { SessionError } from "./session-error";
import { attemptFiles, attemptFolder } from "./session-folder";
import type { Attempt } from "./session-state";

/**
 * Follows the run to its end. Its output is taken over, unless the task hides scores: a scoring function may print them, so it then stays
 * on the box.
 */
export async function followToEnd(session: ScoredSession, attempt: Attempt, signal: AbortSignal): Promise<RunExit> {
  if (session.state().created.scoring.visible) {
    return await takeOutput(session, attempt, signal);
  }
  const { box, paths } = session.onBox();
  return await box.followRun(paths.runs, attempt.run, { stdout: 0, stderr: 0 }, () => Promise.resolve(), signal);
}

/** The run's output, whole; taken over once more from its beginning where what was kept is not it. */
async function takeOutput(session: ScoredSession, attempt: Attempt, signal: AbortSignal): Promise<RunExit> {
  return (await appendOutput(session, attempt, signal)) ?? (await appendOutput(session, attempt, signal)) ?? Promise.reject(
    new SessionError("output-differs", "What the box holds of its output is not as long as its record says; the run's folder is kept."),
  );
}

/** Appends to the attempt's logs what they lack yet. Undefined, and the logs are empty, where they are not what the run printed. */
async function appendOutput(session: ScoredSession, attempt: Attempt, signal: AbortSignal): Promise<RunExit | undefined> {
  const folder = attemptFolder(session.folder.root, attempt.number);
  await mkdir(folder, { recursive: true });
  const files = {
    stdout: await open(join(folder, "stdout.log"), "a"),
    stderr: await open(join(folder, "stderr.log"), "a"),
  };
  try {
    const offsets = { stdout: (await files.stdout.stat()).size, stderr: (await files.stderr.stat()).size };
    const exit = await session.onBox().box.followRun(
      session.onBox().paths.runs,
      attempt.run,
      offsets,
      async (stream, bytes) => {
        await files[stream].appendFile(bytes);
        session.output(attempt.number, stream, bytes);
      },
      signal,
    );
    await files.stdout.sync();
    await files.stderr.sync();
    const kept = { stdout: (await files.stdout.stat()).size, stderr: (await files.stderr.stat()).size };
    if (kept.stdout !== exit.stdoutBytes || kept.stderr !== exit.stderrBytes) {
      await truncate(join(folder, "stdout.log"));
      await truncate(join(folder, "stderr.log"));
      return undefined;
    }
    return exit;
  } finally {
    await files.stdout.close();
    await files.stderr.close();
  }
}

/** Lengths and hashes of what is kept of an attempt. */
export async function hashesOfAttempt(folder: string): Promise<EntryData<"attempt.finished">["files"]> {
  return Object.fromEntries(
    await Promise.all(attemptFiles.map(async (name) => [name, await outputFile(join(folder, name))] as const)),
  ) as EntryData<"attempt.finished">["files"];
}

/** Length and SHA-256 of a file; null where there is none. */
async function outputFile(path: string): Promise<{ bytes: number; sha256: string } | null> {
  try {
    await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return null;
    }
    throw error;
  }
  return await sha256OfFile(path);
}
