import { sha256 } from "../base";
import type { Box } from "../boxes";

/** What lies beside the files that decide a score in a task's folder on the box. */
const besideScoringFiles = ["/runs/", "/workspace/", "/private/", "/provision.json", "/entry", "/accounts"];

/**
 * SHA-256 of every file that decides a score (of a link, of its target), by its path on the box below the task's folder.
 *
 * @param protection with `accounts`, what lies in `protected/` cannot be read, nor changed, by the account that asks, and is left out
 */
export async function scoringFiles(box: Box, taskFolder: string, protection: "accounts" | "none" = "none"): Promise<Record<string, string>> {
  return await hashesOf(box, taskFolder, protection === "accounts" ? [...besideScoringFiles, "/protected/"] : besideScoringFiles);
}

/** SHA-256 of every file under a folder on the box (of a link, of its target), without what the patterns ignore. */
export async function hashesOf(box: Box, folder: string, ignore: readonly string[]): Promise<Record<string, string>> {
  const manifest = await box.scan(folder, { ignore });
  const hashes = [...manifest].map(([path, entry]): [string, string] => {
    switch (entry.kind) {
      case "file":
        return [path, entry.sha256];
      case "link":
        return [path, sha256(`link to ${entry.target}`)];
      case "large-file":
      case "unread-file":
      case "other":
        return [path, sha256(entry.kind)];
    }
  });
  return Object.fromEntries(hashes.sort(([one], [other]) => (one < other ? -1 : 1)));
}
