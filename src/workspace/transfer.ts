import { createHash } from "node:crypto";
import { type Box, BoxError } from "../boxes";
import { type LocalTree, LocalTreeError } from "./local-tree";
import type { MirroredEntry, MirrorStep } from "./mirror-plan";

/** What is at a path on the box now, as far as it can be told. */
type FoundOnBox = "expected" | "nothing" | "something-else";

/** Makes single steps of a plan, each only where both sides still are what the plan was made for. */
export class Transfer {
  constructor(
    private readonly local: LocalTree,
    private readonly box: Box,
    private readonly folder: string,
  ) {}

  /**
   * Makes one step, or changes nothing.
   * @param trustsAbsence whether the box was looked at so recently that a path it did not list is taken to be free
   * @throws {LocalTreeError} `changed` where a side is not what it was compared as, and others
   * @throws {BoxError}
   */
  async make(step: MirrorStep, trustsAbsence: boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    switch (step.do) {
      case "upload":
        if (step.replaces !== undefined || !trustsAbsence) {
          await this.expectOnBox(step.path, step.replaces, step.entry, signal);
        }
        await this.upload(step.path, step.entry, signal);
        return;
      case "download":
        await this.local.place(step.as, step.entry, this.fromBox(step.path, step.entry, signal), step.replaces);
        return;
      case "copy-here":
        await this.local.place(step.as, step.entry, this.fromHere(step.path, step.entry, signal), undefined);
        return;
      case "delete":
        if (step.side === "here") {
          // A scan that only fails to list a file must not delete it.
          await this.expectOnBox(step.path, undefined, undefined, signal);
          await this.local.remove(step.path, step.was);
        } else {
          if ((await this.local.entry(step.path)) !== undefined) {
            throw changed(step.path);
          }
          await this.expectOnBox(step.path, step.was, undefined, signal);
          await this.box.removeFile(this.onBox(step.path));
        }
        return;
      case "set-executable":
        if (step.side === "here") {
          await this.local.setExecutable(step.path, step.entry);
        } else {
          await this.expectOnBox(step.path, step.entry, step.entry, signal);
          await this.upload(step.path, step.entry, signal);
        }
    }
  }

  private async upload(path: string, entry: MirroredEntry, signal?: AbortSignal): Promise<void> {
    if (entry.kind === "link") {
      const now = await this.local.entry(path);
      if (now?.kind !== "link" || now.target !== entry.target) {
        throw changed(path);
      }
      await this.box.writeLink(this.onBox(path), entry.target);
      return;
    }
    const failures: unknown[] = [];
    const content = this.local.read(path, entry, signal);
    const heard = async function* (): AsyncIterable<Uint8Array> {
      try {
        yield* content;
      } catch (error) {
        failures.push(error);
        throw error;
      }
    };
    try {
      await this.box.writeFile(this.onBox(path), heard(), { executable: entry.executable });
    } catch (error) {
      // A box may wrap what its source throws; what happened here is told as it was.
      throw failures.length > 0 ? failures[0] : error;
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  private async *fromBox(path: string, entry: MirroredEntry, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    if (entry.kind === "link") {
      return;
    }
    for await (const chunk of this.box.readStream(this.onBox(path))) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  private async *fromHere(path: string, entry: MirroredEntry, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    if (entry.kind === "file") {
      yield* this.local.read(path, entry, signal);
    }
  }

  /** @throws {LocalTreeError} `changed` where the box holds neither what is expected nor what is about to be put there. */
  private async expectOnBox(path: string, expected: MirroredEntry | undefined, goal: MirroredEntry | undefined, signal?: AbortSignal): Promise<void> {
    const found = await this.foundOnBox(path, [expected, goal], signal);
    if (found === "something-else" || (found === "nothing" && expected !== undefined && goal !== undefined)) {
      throw changed(path);
    }
  }

  /** Reads as much as it takes to tell. The contract cannot read a link, so any link is taken for the one expected. */
  private async foundOnBox(path: string, expected: readonly (MirroredEntry | undefined)[], signal?: AbortSignal): Promise<FoundOnBox> {
    const most = Math.max(...expected.map((entry) => (entry?.kind === "file" ? entry.bytes : 0)));
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const chunk of this.box.readStream(this.onBox(path))) {
        signal?.throwIfAborted();
        bytes += chunk.length;
        if (bytes > most) {
          return "something-else";
        }
        hash.update(chunk);
      }
    } catch (error) {
      if (error instanceof BoxError && error.reason === "path-missing") {
        return "nothing";
      }
      if (error instanceof BoxError && error.reason === "not-a-file") {
        return expected.some((entry) => entry?.kind === "link") ? "expected" : "something-else";
      }
      throw error;
    }
    const content = hash.digest("hex");
    return expected.some((entry) => entry?.kind === "file" && entry.sha256 === content) ? "expected" : "something-else";
  }

  private onBox(path: string): string {
    return `${this.folder.replace(/\/$/, "")}/${path}`;
  }
}

function changed(path: string): LocalTreeError {
  return new LocalTreeError("changed", `${path} changed while it was taken over.`);
}
