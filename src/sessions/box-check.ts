import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { once } from "../base";
import { type Box, type BoxResources, readResources } from "../boxes";
import { compareResources, type Need, type Resources, taskFileName, taskSchema } from "../tasks";
import type { SessionFolder } from "./session-folder";
import type { SessionState } from "./session-state";

/** What a box has, beside what the task asks for. */
export interface BoxReport {
  readonly found: BoxResources;
  /** Empty where the task's own file cannot be read here. */
  readonly needs: readonly Need[];
}

/**
 * Asks a box what it has and compares it with what the session's task asks for.
 * @param folder absolute path on the box, whose disk counts
 * @throws {BoxError} where the box cannot be asked
 */
export async function checkBoxOf(box: Box, folder: string, session: SessionFolder, profile: string, signal?: AbortSignal): Promise<BoxReport> {
  const wanted = await wantedResources(session, profile);
  const found = await readResources(box, { folder, tools: wanted?.tools ?? [] }, signal);
  return { found, needs: wanted === undefined ? [] : compareResources(wanted, found) };
}

/** What the task of a session asks for, where its file lies in the session folder and can be read. */
export async function wantedResources(session: SessionFolder, profile: string): Promise<Resources | undefined> {
  try {
    const task: unknown = JSON.parse(await readFile(join(session.box, taskFileName), "utf8"));
    return taskSchema().safeParse(task).data?.profiles[profile]?.resources;
  } catch {
    return undefined;
  }
}

/** The needs in a recorded report, as far as they are shown. */
const recordedNeeds = once(() =>
  z.object({
    needs: z.array(
      z.object({
        kind: z.enum(["gpus", "gpu-model", "gpu-memory", "processors", "memory", "disk", "tool"]),
        wanted: z.union([z.number(), z.string()]),
        ok: z.boolean().optional(),
      }),
    ),
  }),
);

/** Something that the task asks for and the box lacked when it was looked at. */
export type MissingNeed = Pick<Need, "kind" | "wanted">;

/** What the box lacked when it was looked at last; empty where nothing, or where it was never looked at. */
export function missingOnBox({ boxCheck }: SessionState): MissingNeed[] {
  const needs = boxCheck === null ? undefined : recordedNeeds().safeParse(boxCheck.report).data?.needs;
  return (needs ?? []).filter(({ ok }) => ok === false);
}
