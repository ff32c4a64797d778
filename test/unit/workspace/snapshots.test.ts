import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Snapshots } from "../../../src/workspace";
import { temporaryFolder } from "../../support/temporary-folder";

let repository: string;
let workspace: string;
let snapshots: Snapshots;

beforeEach(() => {
  const folder = temporaryFolder();
  repository = join(folder, "snapshots.git");
  workspace = join(folder, "workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "solution.py"), "value = 10\n");
  snapshots = new Snapshots(repository, workspace, { ignore: ["__pycache__/", "*.pt", "/out"], maxFileMB: 1 });
});

/** Paths with their modes in a snapshot. */
function kept(commit: string): string[] {
  const listed = execFileSync("git", ["--git-dir", repository, "ls-tree", "-r", "-z", commit], { encoding: "utf8" });
  return listed
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => `${line.slice(0, 6)} ${line.split("\t")[1] ?? ""}`);
}

function show(commit: string, path: string): Buffer {
  return execFileSync("git", ["--git-dir", repository, "show", `${commit}:${path}`]);
}

describe("a snapshot", () => {
  test("keeps bytes, executable bits, links and odd names", async () => {
    const bytes = Buffer.from([0, 13, 10, 255, 10]);
    writeFileSync(join(workspace, "bytes.bin"), bytes);
    writeFileSync(join(workspace, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(workspace, "run.sh"), 0o755);
    symlinkSync("solution.py", join(workspace, "link"));
    writeFileSync(join(workspace, "a:b *[x]\nü"), "odd");
    const { commit } = await snapshots.take("one");
    expect(kept(commit).sort()).toEqual(["100644 a:b *[x]\nü", "100644 bytes.bin", "100644 solution.py", "100755 run.sh", "120000 link"]);
    expect(show(commit, "bytes.bin")).toEqual(bytes);
  });

  test("leaves out what the task ignores and what is too large, and lists the latter", async () => {
    mkdirSync(join(workspace, "deep", "__pycache__"), { recursive: true });
    writeFileSync(join(workspace, "deep", "__pycache__", "x.pyc"), "");
    writeFileSync(join(workspace, "deep", "model.pt"), "");
    writeFileSync(join(workspace, "out"), "");
    writeFileSync(join(workspace, "deep", "out"), "kept");
    writeFileSync(join(workspace, "big*.bin"), Buffer.alloc(1024 * 1024 + 1));
    writeFileSync(join(workspace, "bigger.bin"), "small, and no victim of a pattern");
    const { commit, leftOut } = await snapshots.take("one");
    expect(leftOut).toEqual(["big*.bin"]);
    expect(kept(commit)).toEqual(["100644 bigger.bin", "100644 deep/out", "100644 solution.py"]);
  });

  test("does not follow the expert's own ignore file, attributes or repository", async () => {
    writeFileSync(join(workspace, ".gitignore"), "*.py\n");
    execFileSync("git", ["init", "--quiet", workspace]);
    const { commit } = await snapshots.take("one");
    expect(kept(commit)).toContain("100644 solution.py");
    expect(execFileSync("git", ["-C", workspace, "status", "--porcelain"], { encoding: "utf8" })).toBe("?? .gitignore\n");
  });

  test("lists a repository within the workspace as left out", async () => {
    execFileSync("git", ["init", "--quiet", join(workspace, "cloned")]);
    writeFileSync(join(workspace, "cloned", "file.py"), "");
    const { commit, leftOut } = await snapshots.take("one");
    expect(leftOut).toEqual(["cloned/"]);
    expect(kept(commit)).toEqual(["100644 solution.py"]);
  });

  test("of the same state is the same commit, of another one a child of it", async () => {
    const first = await snapshots.take("one");
    const same = await snapshots.take("two");
    expect(same).toMatchObject({ commit: first.commit, isNew: false });
    rmSync(join(workspace, "solution.py"));
    const empty = await snapshots.take("three");
    expect(empty.isNew).toBe(true);
    expect(kept(empty.commit)).toEqual([]);
    const parent = execFileSync("git", ["--git-dir", repository, "rev-parse", `${empty.commit}^`], { encoding: "utf8" }).trim();
    expect(parent).toBe(first.commit);
  });

  test("is taken although a killed git left its locks", async () => {
    await snapshots.take("one");
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const lock of ["index.lock", "refs/heads/session.lock"]) {
      writeFileSync(join(repository, lock), "");
      utimesSync(join(repository, lock), longAgo, longAgo);
    }
    writeFileSync(join(workspace, "solution.py"), "value = 9\n");
    const { commit } = await snapshots.take("two");
    expect(show(commit, "solution.py").toString()).toBe("value = 9\n");
  });

  test("that cannot be taken says why in one sentence", async () => {
    writeFileSync(repository, "in the way");
    await expect(snapshots.take("one")).rejects.toMatchObject({ reason: "failed", message: expect.stringMatching(/^No snapshot .*[^\n]$/) as string });
  });
});
