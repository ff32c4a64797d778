import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { git } from "./git";
import { snapshotBranch } from "./snapshots";

/** Many and large files take their time, in ms. */
const bundleDeadlineMs = 30 * 60_000;

/**
 * Writes the snapshots up to a commit into one file, which `git clone` reads like a repository. The repository itself is left as it is.
 * @throws {SnapshotError}; the reason of `signal`
 */
export async function bundleSnapshots(repository: string, commit: string, file: string, signal?: AbortSignal): Promise<void> {
  await inPassing(async (view) => {
    // A repository that borrows the objects, with a branch that ends where it is asked to.
    const options = { folder: view, repository: view, deadlineMs: bundleDeadlineMs, lowPriority: true, signal };
    await git(["init", "--quiet", "--bare", "--template=", view], { folder: view, signal });
    await mkdir(join(view, "objects", "info"), { recursive: true });
    await writeFile(join(view, "objects", "info", "alternates"), `${join(repository, "objects")}\n`);
    await git(["update-ref", snapshotBranch, commit], options);
    await git(["symbolic-ref", "HEAD", snapshotBranch], options);
    await git(["bundle", "create", "--quiet", file, "HEAD", snapshotBranch], options);
  });
}

/**
 * Makes a repository of a bundle of snapshots, below a folder that is there.
 * @throws {SnapshotError} where it is damaged; the reason of `signal`
 */
export async function unbundleSnapshots(file: string, repository: string, signal?: AbortSignal): Promise<void> {
  await git(["clone", "--quiet", "--bare", "--template=", file, repository], { folder: dirname(repository), deadlineMs: bundleDeadlineMs, signal });
}

async function inPassing(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "baseliner-snapshots-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
