// Reading snapshots back with a real git, from repositories that were taken here and from ones that were tampered with.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type SnapshotEntry, SnapshotFiles, SnapshotReadError, Snapshots } from "../../../src/workspace";
import { temporaryFolder } from "../../support/temporary-folder";

let repository: string;
let workspace: string;
let snapshots: Snapshots;
let files: SnapshotFiles;
const limit = 1024 * 1024;

beforeEach(() => {
  const folder = temporaryFolder();
  repository = join(folder, "snapshots.git");
  workspace = join(folder, "workspace");
  mkdirSync(workspace);
  write("solution.py", "value = 10\n");
  snapshots = new Snapshots(repository, workspace, { ignore: [], maxFileMB: 8 });
  files = new SnapshotFiles(repository);
});

function write(path: string, content: string | Buffer): void {
  writeFileSync(join(workspace, path), content);
}

async function taken(): Promise<string> {
  return (await snapshots.take("a state")).commit;
}

async function entryOf(commit: string, path: string): Promise<SnapshotEntry> {
  const entry = (await files.list(commit)).entries.get(path);
  if (entry === undefined) {
    throw new Error(`${path} is not in the snapshot`);
  }
  return entry;
}

function git(args: readonly string[], input?: string | Buffer): string {
  return execFileSync("git", ["--git-dir", repository, ...args], { encoding: "utf8", ...(input === undefined ? {} : { input }) }).trim();
}

/** A commit of a tree with these names, as no workspace could have made it. */
function forged(lines: readonly string[]): string {
  const tree = git(["mktree", "-z", "--missing"], lines.map((line) => `${line}\0`).join(""));
  return git(["-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", tree, "-m", "forged"]);
}

describe("a snapshot that is read back", () => {
  test("holds every byte, the executable bit, the link's target and odd names", async () => {
    const bytes = Buffer.from([0, 13, 10, 255, 10]);
    write("bytes.bin", bytes);
    write("empty", "");
    write("a b\"'$(x)`ü.py", "odd");
    write("-rf", "no option");
    mkdirSync(join(workspace, "deep", "er"), { recursive: true });
    write("deep/er/:(top)x", "no pathspec");
    write("run.sh", "#!/bin/sh\n");
    chmodSync(join(workspace, "run.sh"), 0o755);
    symlinkSync("../outside", join(workspace, "link"));
    const commit = await taken();
    const { entries, unnamed } = await files.list(commit);
    expect([...entries.values()].map(({ path, kind, bytes }) => `${kind} ${bytes} ${path}`).sort()).toEqual([
      "executable 10 run.sh",
      "file 0 empty",
      "file 11 deep/er/:(top)x",
      "file 11 solution.py",
      "file 3 a b\"'$(x)`ü.py",
      "file 5 bytes.bin",
      "file 9 -rf",
      "link 10 link",
    ]);
    expect(unnamed).toBe(0);
    expect(await files.read(await entryOf(commit, "bytes.bin"), limit)).toEqual(bytes);
    expect((await files.read(await entryOf(commit, "-rf"), limit)).toString()).toBe("no option");
    expect((await files.read(await entryOf(commit, "link"), limit)).toString()).toBe("../outside");
  });

  test("tells what was added, deleted, changed, made executable or turned into a link", async () => {
    write("same.py", "same");
    write("gone.py", "gone");
    write("run.sh", "#!/bin/sh\n");
    write("file-then-link", "solution.py");
    const before = await taken();
    write("solution.py", "value = 5\n");
    write("new.py", "new");
    rmSync(join(workspace, "gone.py"));
    chmodSync(join(workspace, "run.sh"), 0o755);
    rmSync(join(workspace, "file-then-link"));
    symlinkSync("solution.py", join(workspace, "file-then-link"));
    const after = await taken();
    const changes = (await files.changes(before, after)).map(({ path, before: was, after: is, onlyMode }) => [path, was?.kind, is?.kind, onlyMode]);
    expect(changes).toEqual([
      ["file-then-link", "file", "link", false],
      ["gone.py", "file", undefined, false],
      ["new.py", undefined, "file", false],
      ["run.sh", "file", "executable", true],
      ["solution.py", "file", "file", false],
    ]);
    expect(await files.changes(after, after)).toEqual([]);
  });

  test("is not read where a file is larger than asked for", async () => {
    write("large.bin", Buffer.alloc(3 * 1024 * 1024, 7));
    const large = await entryOf(await taken(), "large.bin");
    await expect(files.read(large, limit)).rejects.toMatchObject({ reason: "too-large" });
    // Nor where the list lies about it.
    await expect(files.read({ ...large, bytes: 1 }, limit)).rejects.toMatchObject({ reason: "too-large" });
    expect((await files.read(large, 4 * limit)).length).toBe(3 * 1024 * 1024);
  });

  test("that is gone, damaged or no commit at all is said to be missing", async () => {
    const commit = await taken();
    for (const name of ["f".repeat(40), "HEAD", "--help", "", `${commit}^{tree}`, await entryOf(commit, "solution.py").then(({ object }) => object)]) {
      await expect(files.list(name)).rejects.toMatchObject({ name: "SnapshotReadError", reason: "missing" });
    }
    await expect(new SnapshotFiles(join(repository, "nowhere")).list(commit)).rejects.toBeInstanceOf(SnapshotReadError);
  });

  test("names no place outside of the workspace, whoever made it", async () => {
    await taken();
    const blob = git(["hash-object", "-w", "--stdin"], "evil");
    const commit = forged([`100644 blob ${blob}\t..`, `100644 blob ${blob}\tfine.py`, `100644 blob ${blob}\ta\\..\\b`, `100644 blob ${blob}\tescape\u001b[2J`, `160000 commit ${"1".repeat(40)}\tsubmodule`]);
    const { entries, unnamed } = await files.list(commit);
    expect([...entries.keys()]).toEqual(["fine.py"]);
    expect(unnamed).toBe(3);
  });

  test("runs nothing that the repository's configuration names, not even to fetch what is missing", async () => {
    const commit = await taken();
    const trap = join(repository, "..", "trap");
    const command = `touch ${trap}; false`;
    git(["config", "core.repositoryformatversion", "1"]);
    git(["config", "extensions.partialClone", "origin"]);
    git(["config", "remote.origin.url", `ext::sh -c "${command}"`]);
    git(["config", "remote.origin.uploadpack", command]);
    git(["config", "remote.origin.promisor", "true"]);
    git(["config", "protocol.allow", "always"]);
    git(["config", "core.fsmonitor", command]);
    git(["config", "core.sshCommand", command]);
    const { object } = await entryOf(commit, "solution.py");
    rmSync(join(repository, "objects", object.slice(0, 2), object.slice(2)));
    await expect(new SnapshotFiles(repository).list("e".repeat(40))).rejects.toBeInstanceOf(SnapshotReadError);
    await expect(files.read({ path: "solution.py", kind: "file", object, bytes: 11 }, limit)).rejects.toBeInstanceOf(SnapshotReadError);
    git(["config", "remote.origin.url", join(repository, "..")]);
    await expect(files.read({ path: "solution.py", kind: "file", object, bytes: 11 }, limit)).rejects.toBeInstanceOf(SnapshotReadError);
    expect(existsSync(trap)).toBe(false);
  });
});
