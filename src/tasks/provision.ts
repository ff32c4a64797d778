import * as z from "zod";
import { BaselinerError, messageOf, once } from "../base";
import type { Box } from "../boxes";

/** Names in the root of a task on a box. */
export const provisioned = {
  record: "provision.json",
  workspace: "workspace",
  protectedFolder: "protected",
  runs: "runs",
  /** What only the scorer's account may see: full results, its temporary files. */
  privateFolder: "private",
  entry: "entry",
  /** Where the scoring function takes on other accounts: what lets it. */
  accounts: "accounts",
} as const;

/** A provision.json over this size is none, in bytes. */
const largestRecord = 16 * 1024 * 1024;

const hashesSchema = once(() => z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)));

/** `provision.json` in the root of a task on a box: what was put there. */
export const provisionSchema = once(() =>
  z.object({
    format: z.literal(1),
    task: z.object({ id: z.string(), version: z.string() }),
    /** `accounts`: scoring belongs to an account of its own and starts through `entry` alone. `none`: whoever edits can also change it. */
    protection: z.enum(["accounts", "none"]),
    /** Hash of every file that decides a score, as `scoringFiles` finds them. */
    files: hashesSchema(),
    /** Hash of every file of the starting solution, as `hashesOf` finds them in `workspace/`. */
    startingSolution: hashesSchema(),
    /** Absolute path of the one program that the expert may run as the scorer; null without protection. */
    entry: z.string().startsWith("/").nullable(),
    /** UTC, ISO 8601. */
    provisionedAt: z.iso.datetime(),
  }),
);

/** What was put on a box. */
export type Provision = z.infer<ReturnType<typeof provisionSchema>>;

/** A folder on a box holds no task, or one that cannot be used. */
export class ProvisionError extends BaselinerError<"not-provisioned" | "invalid" | "exists" | "unsuitable" | "failed"> {}

/**
 * Reads what was provisioned into a folder on a box.
 * @throws {ProvisionError} `not-provisioned`, `invalid`; {BoxError} where the box fails
 */
export async function readProvision(box: Box, root: string): Promise<Provision> {
  const path = `${root}/${provisioned.record}`;
  let bytes;
  try {
    bytes = await box.readFile(path, largestRecord);
  } catch (error) {
    if (error instanceof BaselinerError && error.reason === "path-missing") {
      throw new ProvisionError("not-provisioned", `${root} on ${box.name} holds no task: put one there with baseliner task provision.`, { cause: error });
    }
    throw error;
  }
  try {
    return provisionSchema().parse(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    throw new ProvisionError("invalid", `${path} on ${box.name} is not what baseliner task provision writes (${messageOf(error)}): provision the task anew.`, { cause: error });
  }
}
