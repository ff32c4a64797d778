import * as z from "zod";
import { once } from "../base";

export { runFiles } from "./run-files";

export const runSpecificationSchema = once(() =>
  z.object({
    /** Made by the client, so that starting twice starts once. */
    id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
    command: z.array(z.string()).min(1),
    /** Absolute path of the working folder on the box. */
    folder: z.string().min(1),
    environment: z.record(z.string(), z.string()),
    timeoutSeconds: z.number().positive(),
    /** The run is stopped when what it printed grows over this many bytes. */
    outputLimitBytes: z.number().int().positive(),
  }),
);

/** What to run on a box. */
export type RunSpecification = z.infer<ReturnType<typeof runSpecificationSchema>>;

export const processRecordSchema = once(() => z.object({ pid: z.number().int(), identity: z.string() }));
/** A process and what tells it from later ones of the same number. */
export type ProcessRecord = z.infer<ReturnType<typeof processRecordSchema>>;

export const claimSchema = once(() =>
  z.union([
    processRecordSchema().extend({ startedAt: z.number() }),
    z.object({ abandonedAt: z.number() }),
  ]),
);

export const runExitSchema = once(() =>
  z.object({
    kind: z.enum(["exited", "killed", "timed-out", "cancelled", "output-limit", "not-started"]),
    /** Exit status of the command, where it exited by itself. */
    code: z.number().int().nullable(),
    /** Signal that ended the command, such as `SIGKILL`. */
    signal: z.string().nullable(),
    /** Why the command could not be started, from the system. */
    problem: z.string().nullable(),
    /** Start and end by the box's clock: milliseconds since the epoch, UTC. */
    startedAt: z.number(),
    endedAt: z.number(),
    stdoutBytes: z.number().int().nonnegative(),
    stderrBytes: z.number().int().nonnegative(),
  }),
);

/** How a run ended. */
export type RunExit = z.infer<ReturnType<typeof runExitSchema>>;
