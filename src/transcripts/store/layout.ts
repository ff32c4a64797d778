import { join } from "node:path";

/** Changes whenever a reader makes other events of the same file, or the files below change; older ones are made anew. */
export const storeVersion = 13;

/** What says in the folder of a transcript that its index is complete (stored-transcript.ts). */
export const storedFileName = "transcript.json";

/** The files of one generation of a stored transcript. A generation only ever grows at its end. */
export interface GenerationFiles {
  readonly folder: string;
  /** A row of fixed length for each event (rows.ts). */
  readonly rows: string;
  /** A JSON line for each event: all of it but title and text. */
  readonly heads: string;
  /** Title and text of each event, each ended by a line feed: what is searched. */
  readonly text: string;
}

export function generationFiles(folder: string): GenerationFiles {
  return { folder, rows: join(folder, "rows.bin"), heads: join(folder, "heads.jsonl"), text: join(folder, "text.txt") };
}

/** Names that rows refer to by number: agents, branches, samples and tools. 0 is none. */
export class Names {
  private readonly numbers = new Map<string, number>([["", 0]]);
  private readonly list: string[] = [""];

  /** A hostile transcript may have a new name in each event; further ones count as one. */
  private static readonly limit = 100_000;

  constructor(names: readonly string[] = []) {
    this.add(names.slice(1));
  }

  get all(): readonly string[] {
    return this.list;
  }

  name(number: number): string {
    return this.list[number] ?? "";
  }

  number(name: string | undefined): number {
    const known = this.numbers.get(name ?? "");
    if (known !== undefined || name === undefined) {
      return known ?? 0;
    }
    if (this.list.length >= Names.limit) {
      return this.number("…");
    }
    const short = name.length > 200 ? `${name.slice(0, 200)}…` : name;
    this.numbers.set(name, this.list.length);
    return this.list.push(short) - 1;
  }

  /** Takes over names that another table has behind those of this one. */
  add(names: readonly string[]): void {
    for (const name of names) {
      this.numbers.set(name, this.list.length);
      this.list.push(name);
    }
  }
}
