import { readFile } from "node:fs/promises";
import * as z from "zod";
import { once, systemErrorCode, writeFileDurably } from "../base";
import { type MirroredEntry, sameEntry } from "./mirror-plan";

const sha256Text = once(() => z.string().regex(/^[0-9a-f]{64}$/));

const headerSchema = once(() => z.strictObject({ format: z.literal(1), box: z.string(), folder: z.string(), entries: z.number().int().nonnegative() }));

const lineSchema = once(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ path: z.string(), kind: z.literal("file"), bytes: z.number().int().nonnegative(), sha256: sha256Text(), executable: z.boolean() }),
    z.strictObject({ path: z.string(), kind: z.literal("link"), target: z.string() }),
  ]),
);

/** Which folder of which box a baseline belongs to. With any other it would make deletes of what was never there. */
export interface BaselineOwner {
  /** Name of the box. */
  readonly box: string;
  /** The mirrored folder on it. */
  readonly folder: string;
}

/**
 * What both sides agreed on last, kept in a file of JSON lines: a header, then
 * one line a path. A file that is missing, damaged or of another folder is an
 * empty baseline: then nothing is deleted, and what differs is kept twice.
 */
export class StoredBaseline {
  private isSaved = true;

  private constructor(
    private readonly file: string,
    private readonly owner: BaselineOwner,
    private readonly known: Map<string, MirroredEntry>,
  ) {}

  static async load(file: string, owner: BaselineOwner): Promise<StoredBaseline> {
    let text = "";
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") {
        throw error;
      }
    }
    return new StoredBaseline(file, owner, parse(text, owner) ?? new Map<string, MirroredEntry>());
  }

  get entries(): ReadonlyMap<string, MirroredEntry> {
    return this.known;
  }

  /** Takes over what both sides hold now; undefined where both hold nothing. */
  agree(changes: ReadonlyMap<string, MirroredEntry | undefined>): void {
    for (const [path, entry] of changes) {
      if (sameEntry(this.known.get(path), entry)) {
        continue;
      }
      this.isSaved = false;
      if (entry === undefined) {
        this.known.delete(path);
      } else {
        this.known.set(path, entry);
      }
    }
  }

  /** Writes it durably where it differs from what is stored. A baseline behind the truth is safe: the two sides then agree already. */
  async save(): Promise<void> {
    if (this.isSaved) {
      return;
    }
    this.isSaved = true;
    const header = { format: 1, ...this.owner, entries: this.known.size };
    const lines = [header, ...Array.from(this.known, ([path, entry]) => ({ path, ...entry }))].map((line) => `${JSON.stringify(line)}\n`);
    try {
      await writeFileDurably(this.file, lines.join(""));
    } catch (error) {
      this.isSaved = false;
      throw error;
    }
  }
}

function parse(text: string, owner: BaselineOwner): Map<string, MirroredEntry> | undefined {
  const entries = new Map<string, MirroredEntry>();
  try {
    const [first, ...lines] = text.split("\n").filter((line) => line !== "");
    const header = headerSchema().parse(JSON.parse(first ?? ""));
    for (const line of lines) {
      const { path, ...entry } = lineSchema().parse(JSON.parse(line));
      entries.set(path, entry);
    }
    return header.box === owner.box && header.folder === owner.folder && header.entries === entries.size ? entries : undefined;
  } catch {
    return undefined;
  }
}
