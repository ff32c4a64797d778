import { rm } from "node:fs/promises";
import { sha256 } from "../base";
import type { ManifestEntry } from "../boxes";
import { LocalTree, LocalTreeError } from "./local-tree";
import type { MirroredEntry } from "./mirror-plan";
import type { RestoreStep } from "./restore-plan";
import type { SnapshotEntry } from "./snapshot-files";

/** Makes the steps of a restore that an editor cannot make, and sees to it that all of them came out as they should. Nothing is written through a link. */
export class RestoredFiles {
  private readonly tree: LocalTree;

  /**
   * @param workspace what the expert edits
   * @param incoming folder on the same disk, where files are written before they are moved into the workspace; it is removed in the end
   */
  constructor(
    workspace: string,
    private readonly incoming: string,
  ) {
    this.tree = new LocalTree(workspace, incoming);
  }

  /** Whether nothing above a path is a link or a file, so that an editor writes where it should. */
  async isOpen(path: string): Promise<boolean> {
    const there = await this.tree.entry(path);
    return there === undefined ? !(await this.isBehindLink(path)) : there.kind === "file" || there.kind === "large-file";
  }

  private async isBehindLink(path: string): Promise<boolean> {
    const folders = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= folders.length; depth += 1) {
      if ((await this.tree.entry(folders.slice(0, depth).join("/"))) !== undefined) {
        return true;
      }
    }
    return false;
  }

  /** @throws {LocalTreeError} */
  async make(step: RestoreStep): Promise<void> {
    switch (step.do) {
      case "delete":
      case "remove": {
        const there = mirrored(step.path, await this.tree.entry(step.path));
        if (there !== undefined) {
          await this.tree.remove(step.path, there);
        }
        break;
      }
      case "create":
      case "replace-text":
      case "put":
        await this.put(step.path, step.entry, step.content);
        break;
      case "set-executable": {
        const there = mirrored(step.path, await this.tree.entry(step.path));
        const executable = step.entry.kind === "executable";
        if (there?.kind === "file" && there.executable !== executable) {
          await this.tree.setExecutable(step.path, { ...there, executable });
        }
        break;
      }
    }
  }

  /** Whether a step's outcome is what is on the disk, byte by byte. */
  async isDone(step: RestoreStep): Promise<boolean> {
    const there = await this.tree.entry(step.path);
    if (step.do === "delete" || step.do === "remove") {
      return there === undefined;
    }
    return step.do === "set-executable" || (there?.kind === "file" && there.sha256 === sha256(step.content));
  }

  private async put(path: string, entry: SnapshotEntry, content: Buffer): Promise<void> {
    const wanted: MirroredEntry =
      entry.kind === "link"
        ? { kind: "link", target: content.toString("utf8") }
        : { kind: "file", bytes: content.length, sha256: sha256(content), executable: entry.kind === "executable" };
    await this.tree.prepare();
    try {
      await this.tree.place(path, wanted, only(content), mirrored(path, await this.tree.entry(path)));
    } finally {
      await rm(this.incoming, { recursive: true, force: true });
    }
  }
}

function mirrored(path: string, there: ManifestEntry | undefined): MirroredEntry | undefined {
  if (there !== undefined && there.kind !== "file" && there.kind !== "link") {
    throw new LocalTreeError("in-the-way", `${path} was left as it is, because something else than a file is there.`);
  }
  return there;
}

// oxlint-disable-next-line typescript/require-await -- a whole content in place of one that arrives in parts
async function* only(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}
