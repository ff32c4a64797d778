// From one state of a workspace to another, with real snapshots and real files.
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { planRestore, RestoredFiles, type RestoreStep, SnapshotFiles, Snapshots } from "../../../src/workspace";
import { temporaryFolder } from "../../support/temporary-folder";

let root: string;
let workspace: string;
let snapshots: Snapshots;
let files: SnapshotFiles;

beforeEach(() => {
  root = temporaryFolder();
  workspace = join(root, "workspace");
  mkdirSync(workspace);
  snapshots = new Snapshots(join(root, "snapshots.git"), workspace, { ignore: ["*.log"], maxFileMB: 8 });
  files = new SnapshotFiles(join(root, "snapshots.git"));
});

const at = (path: string): string => join(workspace, path);

/** Restores with every step made on the disk, as where no editor is at hand. */
async function restored(before: string, after: string): Promise<RestoreStep[]> {
  const steps = await planRestore(await files.changes(before, after), (entry) => files.read(entry, 1 << 24));
  const onDisk = new RestoredFiles(workspace, join(root, "restoring"));
  for (const step of steps) {
    await onDisk.make(step);
  }
  return steps;
}

describe("a restore", () => {
  test("brings back texts, bytes, links, executable bits, and files in place of folders, and leaves what is in no snapshot", async () => {
    writeFileSync(at("solution.py"), "value = 10\n");
    writeFileSync(at("data.bin"), Buffer.from([0, 1, 2]));
    writeFileSync(at("run.sh"), "#!/bin/sh\n");
    chmodSync(at("run.sh"), 0o755);
    symlinkSync("solution.py", at("link"));
    writeFileSync(at("was-file"), "a file\n");
    mkdirSync(at("was-folder"));
    writeFileSync(at("was-folder/in.py"), "in\n");
    const wanted = (await snapshots.take("one")).commit;

    writeFileSync(at("solution.py"), "value = 5\n");
    writeFileSync(at("data.bin"), Buffer.from([0, 9]));
    chmodSync(at("run.sh"), 0o644);
    rmSync(at("link"));
    writeFileSync(at("link"), "no link any more");
    rmSync(at("was-file"));
    mkdirSync(at("was-file"));
    writeFileSync(at("was-file/now.py"), "now\n");
    rmSync(at("was-folder"), { recursive: true });
    writeFileSync(at("was-folder"), "now a file\n");
    writeFileSync(at("new.py"), "new\n");
    writeFileSync(at("kept.log"), "in no snapshot\n");
    const now = (await snapshots.take("two")).commit;

    const steps = await restored(now, wanted);
    expect((await snapshots.take("three")).commit).not.toBe(now);
    expect(await files.changes((await snapshots.take("three")).commit, wanted)).toEqual([]);
    expect(readlinkSync(at("link"))).toBe("solution.py");
    expect(lstatSync(at("run.sh")).mode & 0o111).not.toBe(0);
    expect(readFileSync(at("kept.log"), "utf8")).toBe("in no snapshot\n");
    expect(existsSync(join(root, "restoring"))).toBe(false);
    // What an editor can take back is left to the editor.
    const edited = steps.filter((step) => step.do === "delete" || step.do === "create" || step.do === "replace-text").map(({ path }) => path);
    expect(edited).toEqual(["new.py", "solution.py"]);

    await restored(wanted, now);
    expect(await files.changes((await snapshots.take("four")).commit, now)).toEqual([]);
  });

  test("writes nothing through a link that leads out of the workspace", async () => {
    mkdirSync(at("deep"));
    writeFileSync(at("deep/file.py"), "inside\n");
    const wanted = (await snapshots.take("one")).commit;
    writeFileSync(at("deep/file.py"), "changed\n");
    const now = (await snapshots.take("two")).commit;
    // After it was kept, the folder becomes a link.
    const outside = join(root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file.py"), "precious\n");
    rmSync(at("deep"), { recursive: true });
    symlinkSync(outside, at("deep"));
    expect(await new RestoredFiles(workspace, join(root, "restoring")).isOpen("deep/file.py")).toBe(false);
    await expect(restored(now, wanted)).rejects.toMatchObject({ name: "LocalTreeError" });
    expect(readFileSync(join(outside, "file.py"), "utf8")).toBe("precious\n");
  });
});
