import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemTime, type Time } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { type Conditions, createSession, Session, type SessionSurroundings, usualConditions } from "../../src/sessions";
import { loadTask } from "../../src/tasks";
import { supervisor } from "./build";
import { temporaryFolder } from "./temporary-folder";
import { writeTask } from "./task-folder";

/** A scorer that scores the solution's value, which is 10 at the start. */
export const plainScorer = "result(solution(), said='ok')";

/** The session's time is the test's; runs are real and keep to the system's. */
export function surroundings(time: Time = systemTime): SessionSurroundings {
  return { time, boxFor: () => new LocalBox(supervisor, systemTime), holder: "a test" };
}

/** Lays out a session of a task with this scoring function; returns its folder. */
export async function newSession(
  scorer = plainScorer,
  scoring: Record<string, unknown> = {},
  time: Time = systemTime,
  conditions: Conditions = usualConditions,
): Promise<string> {
  const folder = temporaryFolder();
  const task = writeTask(join(folder, "task"), scorer, scoring);
  return await createSession(
    { sessionsFolder: join(folder, "sessions"), task: await loadTask(task), profile: "cpu", participant: "tester", conditions },
    new LocalBox(supervisor, systemTime),
    time,
  );
}

/** Opens a session as an editor does, which is there for as long as the expert works; closes it when the test is over. */
export async function openInEditor(root: string, time: Time): Promise<Session> {
  const session = await Session.open(root, { ...surroundings(time), attends: true });
  onTestFinished(() => session.close());
  return session;
}

/** Opens a session and closes it when the test is over. */
export async function openSession(root: string, time: Time = systemTime): Promise<Session> {
  const session = await Session.open(root, surroundings(time));
  onTestFinished(() => session.close());
  return session;
}
