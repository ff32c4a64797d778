import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix, relative, sep } from "node:path";
import { singleLine } from "../base";
import { BoxError, shellQuote } from "../boxes";
import type { ScriptedBox } from "./expert-access";
import type { LoadedTask } from "./load-task";
import type { SolutionMaker } from "./score-solution";
import { partsOnBox } from "./task-parts";

/** How long making and removing folders may take, in ms. */
const patience = 120_000;

/** A folder of one's own on a box, with a task in it: what an author's scorings there need. */
export class TaskOnBox {
  private constructor(
    readonly box: ScriptedBox,
    /** Absolute path there. */
    private readonly place: string,
  ) {}

  /**
   * Sends what of a task lies on a box; scoring is not protected there.
   * @throws {ProvisionError} `unsuitable`; {BoxError}; the reason of the signal
   */
  static async send(loaded: LoadedTask, box: ScriptedBox, signal?: AbortSignal): Promise<TaskOnBox> {
    const place = (await run(box, 'umask 077; mktemp -d "${TMPDIR:-/tmp}/baseliner-check-XXXXXXXXXX"')).trim();
    if (!/^\/[^\n]+\/baseliner-check-[A-Za-z0-9]+$/.test(place)) {
      throw new BoxError("invalid-answer", `${box.name} does not tell the folder it made.`);
    }
    const there = new TaskOnBox(box, place);
    try {
      for (const part of await partsOnBox(loaded)) {
        signal?.throwIfAborted();
        const path = `${there.task}/${part.path}`;
        if (part.kind === "link") {
          await box.writeLink(path, part.target);
        } else {
          await box.writeFile(path, createReadStream(part.source), { executable: part.executable });
        }
      }
      return there;
    } catch (error) {
      await there.remove().catch(() => undefined);
      throw error;
    }
  }

  /** The task's folder on the box. */
  get task(): string {
    return `${this.place}/task`;
  }

  /** Makes a solution here and sends it into a new folder, with one for its runs beside it. */
  async newWorkspace(make: SolutionMaker): Promise<{ readonly workspace: string; readonly runs: string }> {
    const scoring = (await run(this.box, `mktemp -d ${shellQuote(`${this.place}/scoring-XXXXXXXX`)}`)).trim();
    const [workspace, runs] = [posix.join(scoring, "workspace"), posix.join(scoring, "runs")];
    await run(this.box, `mkdir ${shellQuote(workspace)} ${shellQuote(runs)}`);
    const draft = await mkdtemp(join(tmpdir(), "baseliner-solution-"));
    try {
      await make(draft);
      for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
        const source = join(entry.parentPath, entry.name);
        const path = `${workspace}/${relative(draft, source).split(sep).join("/")}`;
        if (entry.isSymbolicLink()) {
          await this.box.writeLink(path, await readlink(source));
        } else if (entry.isDirectory()) {
          await run(this.box, `mkdir -p ${shellQuote(path)}`);
        } else {
          await this.box.writeFile(path, createReadStream(source), { executable: ((await stat(source)).mode & 0o100) !== 0 });
        }
      }
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return { workspace, runs };
  }

  async removeWorkspace(workspace: string): Promise<void> {
    await run(this.box, `chmod -R u+rwX ${shellQuote(posix.dirname(workspace))} 2>/dev/null; rm -rf ${shellQuote(posix.dirname(workspace))}`);
  }

  /** Removes all of it from the box. */
  async remove(): Promise<void> {
    await run(this.box, `chmod -R u+rwX ${shellQuote(this.place)} 2>/dev/null; rm -rf ${shellQuote(this.place)}`);
  }
}

async function run(box: ScriptedBox, script: string): Promise<string> {
  const { code, stdout, stderr } = await box.runScript(script, patience);
  if (code !== 0) {
    throw new BoxError("failed", `${box.name} could not make or remove a folder: ${singleLine(stderr, 300) || `a script ended with status ${code ?? "none"}`}.`);
  }
  return stdout.toString("utf8");
}
