import ignore from "ignore";
import { sha256 } from "../base";
import type { Manifest, ManifestEntry } from "../boxes";
import { copyName, type CopyOrigin, folded, foldersAbove, isDraftName, isSafePath, leadsInside, type NameRules } from "./mirror-names";

/** A file or link as it is on both sides. */
export type MirroredEntry = Extract<ManifestEntry, { kind: "file" | "link" }>;

/** A file with its content. */
export type ReadFile = Extract<ManifestEntry, { kind: "file" }>;

/** A file whose content is only known once it was brought to the other side. */
export type UnreadFile = Extract<ManifestEntry, { kind: "unread-file" }>;

/** What both sides agreed on last, by path. Only what is in it can have been deleted. */
export type Baseline = ReadonlyMap<string, MirroredEntry>;

export type MirrorSide = "here" | "box";

/** What of a workspace is mirrored. */
export interface MirrorScope {
  /** Patterns in the manner of gitignore, without `!`: never touched on either side. */
  readonly ignore: readonly string[];
  /** Patterns of files that come from the box and never go there: logs, checkpoints. */
  readonly pull: readonly string[];
  /** Larger files stay where they are. */
  readonly maxFileMB: number;
}

/** Why a path is not mirrored. */
export type LeftOutReason =
  | "large"
  | "not-a-file"
  | "link-outside"
  | "unsafe-name"
  | "differs-by-case"
  | "in-the-way"
  | "pull-only"
  | "being-written"
  | "refused";

/** Each reason as a clause for a person, to stand behind the path. */
export const leftOutText: Readonly<Record<LeftOutReason, string>> = {
  large: "is larger than the task's limit",
  "not-a-file": "is a pipe, a device or a file that may not be read",
  "link-outside": "is a link that leads out of the workspace",
  "unsafe-name": "has a name that is not safe on every computer",
  "differs-by-case": "differs only by case from another name, which this computer cannot tell apart",
  "in-the-way": "is a file on one side and a folder on the other",
  "pull-only": "only comes from the box; the change made here stays here",
  "being-written": "is being written on the box without a pause",
  refused: "could not be written here",
};

/** A path that is not mirrored, the side it lies on and why. */
export interface LeftOut {
  readonly path: string;
  readonly side: MirrorSide;
  readonly reason: LeftOutReason;
}

/**
 * One change of one side. `replaces` is what must be there just before it is
 * made; where anything else is there, the step may not be made.
 */
export type MirrorStep =
  | { readonly do: "upload"; readonly path: string; readonly entry: MirroredEntry | UnreadFile; readonly replaces: MirroredEntry | undefined }
  | {
      readonly do: "download";
      readonly path: string;
      /** Where it goes here: another name than `path` for the copy that a conflict leaves. */
      readonly as: string;
      readonly entry: MirroredEntry | UnreadFile;
      readonly replaces: MirroredEntry | undefined;
    }
  | { readonly do: "copy-here"; readonly path: string; readonly as: string; readonly entry: MirroredEntry }
  | { readonly do: "delete"; readonly side: MirrorSide; readonly path: string; readonly was: MirroredEntry }
  | { readonly do: "set-executable"; readonly side: MirrorSide; readonly path: string; readonly entry: MirroredEntry };

/** A path was changed on both sides, or changed on one and deleted on the other. */
export interface Conflict {
  readonly path: string;
  /** Where the other version is kept; `path` itself where the other side had deleted it. */
  readonly keptAs: string;
}

/**
 * What happens to one path. Its steps are made in order; once all are made, the baseline takes over `agreed`, and of an
 * unread file, which is then not in it, what was brought over.
 */
export interface MirrorAction {
  readonly path: string;
  readonly steps: readonly MirrorStep[];
  readonly agreed: ReadonlyMap<string, MirroredEntry | undefined>;
  readonly conflict?: Conflict;
}

/** So many files are gone from one side that a person is asked before they are deleted on the other. */
export interface BulkDelete {
  /** Where they would be deleted. */
  readonly side: MirrorSide;
  readonly paths: readonly string[];
}

export interface MirrorPlan {
  /** Deletes first, so that a folder may take a file's place and the other way round. */
  readonly actions: readonly MirrorAction[];
  /** Corrections of the baseline for which neither side changes. */
  readonly agreed: ReadonlyMap<string, MirroredEntry | undefined>;
  readonly leftOut: readonly LeftOut[];
  /** Files whose content would have to be known. Where there are any, the plan is not to be carried out. */
  readonly unread: readonly string[];
  readonly question?: BulkDelete;
}

export interface MirrorSides {
  readonly baseline: Baseline;
  readonly here: Manifest;
  readonly box: Manifest;
}

export interface PlanOptions {
  readonly names: NameRules;
  /** False where the file system here has no executable bit; the box's is then kept as it is. */
  readonly executableBits: boolean;
  /** What to do with a bulk delete: `ask` makes it a question, `carry-out` does it. */
  readonly bulkDelete: "ask" | "carry-out";
}

/** More deletes than this on one side, and more than `bulkShare` of the baseline, are a bulk delete. */
export const bulkCount = 20;
export const bulkShare = 0.5;

/**
 * What is never mirrored, whatever the task says: a repository's inner state is no state of files that could be merged,
 * and files with which a box could tell the person's own editor what to run.
 */
export const neverMirrored: readonly string[] = [".git", ".vscode", ".devcontainer", ".devcontainer.json", "*.code-workspace"];

/**
 * What to do so that both sides agree again: a three-way comparison by content,
 * executable bit and link target. Pure. Times take no part, so no side wins by being newer.
 */
export function planMirror(sides: MirrorSides, scope: MirrorScope, options: PlanOptions): MirrorPlan {
  return new Planning(sides, scope, options).plan();
}

/** Whether two entries are the same in everything that is mirrored. */
export function sameEntry(one: MirroredEntry | undefined, other: MirroredEntry | undefined): boolean {
  return sameContent(one, other) && (one?.kind !== "file" || other?.kind !== "file" || one.executable === other.executable);
}

function sameContent(one: MirroredEntry | undefined, other: MirroredEntry | undefined): boolean {
  if (one === undefined || other === undefined) {
    return one === other;
  }
  if (one.kind === "file") {
    return other.kind === "file" && one.sha256 === other.sha256;
  }
  return other.kind === "link" && one.target === other.target;
}

/** The three versions of one path. */
interface Versions {
  readonly path: string;
  readonly base: MirroredEntry | undefined;
  readonly here: MirroredEntry | undefined;
  readonly box: MirroredEntry | undefined;
}

class Planning {
  private readonly ignored;
  private readonly pulled;
  private readonly actions = new Map<string, MirrorAction>();
  private readonly agreed = new Map<string, MirroredEntry | undefined>();
  private readonly leftOut: LeftOut[] = [];
  private readonly unread: string[] = [];
  private readonly takenNames: ReadonlySet<string>;
  private readonly copies = new Set<string>();

  constructor(
    private readonly sides: MirrorSides,
    scope: MirrorScope,
    private readonly options: PlanOptions,
  ) {
    this.ignored = ignore().add([...neverMirrored, ...scope.ignore]);
    this.pulled = ignore().add([...scope.pull]);
    const all = [...sides.here.keys(), ...sides.box.keys()];
    this.takenNames = new Set(all.flatMap((path) => [path, ...foldersAbove(path)]).map((path) => this.nameKey(path)));
  }

  plan(): MirrorPlan {
    const { baseline, here, box } = this.sides;
    for (const path of [...new Set([...baseline.keys(), ...here.keys(), ...box.keys()])].sort()) {
      this.consider(path);
    }
    // A conflict's copy is brought to both sides by the conflict itself.
    for (const copy of this.copies) {
      if (this.actions.get(copy)?.conflict === undefined) {
        this.actions.delete(copy);
      }
    }
    const question = this.options.bulkDelete === "ask" ? this.takeOutBulkDelete() : undefined;
    this.takeOutCollisions();
    const actions = [...this.actions.values()];
    return {
      actions: [...actions.filter(onlyDeletes), ...actions.filter((action) => !onlyDeletes(action))],
      agreed: this.agreed,
      leftOut: this.leftOut,
      unread: this.unread,
      ...(question === undefined ? {} : { question }),
    };
  }

  private consider(path: string): void {
    if (!isSafePath(path, this.options.names)) {
      this.leaveOut(path, "unsafe-name");
      this.forget(path);
      return;
    }
    // Forgotten rather than kept: a pattern that is taken back later must not make a delete of what was never compared.
    if (isDraftName(path) || this.ignored.ignores(path)) {
      this.forget(path);
      return;
    }
    const reason = reasonToLeave(path, this.sides.here.get(path)) ?? reasonToLeave(path, this.sides.box.get(path));
    if (reason !== undefined) {
      this.leaveOut(path, reason);
      return;
    }
    if (this.bringUnread(path)) {
      return;
    }
    const base = this.sides.baseline.get(path);
    const box = mirrored(this.sides.box.get(path));
    const here = this.withKnownBit(mirrored(this.sides.here.get(path)), base, box);
    const versions = { path, base, here, box };
    if (sameEntry(here, box)) {
      if (!sameEntry(base, here)) {
        this.agreed.set(path, here);
      }
    } else if (this.pulled.ignores(path)) {
      this.pull(versions);
    } else {
      this.merge(versions);
    }
  }

  /** Takes on a path that is an unread file on a side: one that nothing has to be compared with needs no reading. */
  private bringUnread(path: string): boolean {
    const [here, box] = [this.sides.here.get(path), this.sides.box.get(path)];
    if (here?.kind !== "unread-file" && box?.kind !== "unread-file") {
      return false;
    }
    if (this.sides.baseline.has(path) || (here !== undefined && box !== undefined)) {
      this.unread.push(path);
    } else if (box?.kind === "unread-file") {
      this.bring(path, [{ do: "download", path, as: path, entry: box, replaces: undefined }]);
    } else if (this.pulled.ignores(path)) {
      this.leftOut.push({ path, side: "here", reason: "pull-only" });
    } else if (here?.kind === "unread-file") {
      // As where there is no such bit here at all and nothing tells of one.
      const entry = this.options.executableBits ? here : { ...here, executable: false };
      this.bring(path, [{ do: "upload", path, entry, replaces: undefined }]);
    }
    return true;
  }

  private merge({ path, base, here, box }: Versions): void {
    if (here === undefined || box === undefined) {
      this.bringOrDelete({ path, base, here, box });
    } else if (sameContent(here, box)) {
      const entry = withBit(here, mergedBit(base, here, box));
      this.act(path, setBits(path, entry, here, box), entry);
    } else if (base !== undefined && sameContent(here, base)) {
      const entry = withBit(box, mergedBit(base, here, box));
      const bit = sameEntry(entry, box) ? [] : setBits(path, entry, entry, box);
      this.act(path, [{ do: "download", path, as: path, entry, replaces: here }, ...bit], entry);
    } else if (base !== undefined && sameContent(box, base)) {
      const entry = withBit(here, mergedBit(base, here, box));
      const bit = sameEntry(entry, here) ? [] : setBits(path, entry, here, entry);
      this.act(path, [...bit, { do: "upload", path, entry, replaces: box }], entry);
    } else {
      this.keepBoth({ path, here, box });
    }
  }

  /** One side has the path and the other has not. */
  private bringOrDelete({ path, base, here, box }: Versions): void {
    if (here !== undefined) {
      if (base !== undefined && sameEntry(here, base)) {
        this.act(path, [{ do: "delete", side: "here", path, was: here }], undefined);
      } else {
        this.act(path, [{ do: "upload", path, entry: here, replaces: undefined }], here, base && { path, keptAs: path });
      }
    } else if (box !== undefined) {
      if (base !== undefined && sameEntry(box, base)) {
        this.act(path, [{ do: "delete", side: "box", path, was: box }], undefined);
      } else {
        this.act(path, [{ do: "download", path, as: path, entry: box, replaces: undefined }], box, base && { path, keptAs: path });
      }
    }
  }

  /** The version from here keeps the name on both sides; the box's version lies beside it on both sides. */
  private keepBoth({ path, here, box }: { path: string; here: MirroredEntry; box: MirroredEntry }): void {
    const keptAs = this.freeName(path, "box", box);
    const steps: MirrorStep[] = [
      { do: "download", path, as: keptAs, entry: box, replaces: undefined },
      { do: "upload", path: keptAs, entry: box, replaces: undefined },
      { do: "upload", path, entry: here, replaces: box },
    ];
    this.actions.set(path, {
      path,
      steps,
      agreed: new Map([
        [keptAs, box],
        [path, here],
      ]),
      conflict: { path, keptAs },
    });
  }

  /** Files that only come from the box: nothing that was done to them here goes there, and nothing done here is lost. */
  private pull({ path, base, here, box }: Versions): void {
    if (box === undefined) {
      if (here !== undefined && base !== undefined && sameEntry(here, base)) {
        this.act(path, [{ do: "delete", side: "here", path, was: here }], undefined);
      } else {
        this.leftOut.push({ path, side: "here", reason: "pull-only" });
        this.forget(path);
      }
    } else if (here !== undefined && sameContent(here, box)) {
      this.act(path, setBits(path, box, here, box), box);
    } else if (base !== undefined && sameContent(box, base) && !sameContent(here, base)) {
      this.leftOut.push({ path, side: "here", reason: "pull-only" });
    } else if (here === undefined || (base !== undefined && sameContent(here, base))) {
      this.act(path, [{ do: "download", path, as: path, entry: box, replaces: here }], box);
    } else {
      this.keepAside({ path, here, box });
    }
  }

  private keepAside({ path, here, box }: { path: string; here: MirroredEntry; box: MirroredEntry }): void {
    const keptAs = this.freeName(path, "here", here);
    const goesThere = !this.pulled.ignores(keptAs);
    this.actions.set(path, {
      path,
      steps: [
        { do: "copy-here", path, as: keptAs, entry: here },
        ...(goesThere ? [{ do: "upload", path: keptAs, entry: here, replaces: undefined } as const] : []),
        { do: "download", path, as: path, entry: box, replaces: here },
      ],
      agreed: new Map([[path, box], ...(goesThere ? ([[keptAs, here]] as const) : [])]),
      conflict: { path, keptAs },
    });
  }

  private bring(path: string, steps: readonly MirrorStep[]): void {
    this.actions.set(path, { path, steps, agreed: new Map() });
  }

  private act(path: string, steps: readonly MirrorStep[], entry: MirroredEntry | undefined, conflict?: Conflict): void {
    this.actions.set(path, { path, steps, agreed: new Map([[path, entry]]), ...(conflict === undefined ? {} : { conflict }) });
  }

  private forget(path: string): void {
    if (this.sides.baseline.has(path)) {
      this.agreed.set(path, undefined);
    }
  }

  private leaveOut(path: string, reason: LeftOutReason): void {
    for (const side of ["here", "box"] as const) {
      if (this.sides[side].has(path)) {
        this.leftOut.push({ path, side, reason });
      }
    }
  }

  /** A name that nothing else has, or that has the same content already because a crash came between. */
  private freeName(path: string, origin: CopyOrigin, entry: MirroredEntry): string {
    const hash = entry.kind === "file" ? entry.sha256 : sha256(entry.target);
    for (let number = 1; ; number += 1) {
      const name = copyName(path, origin, hash, number);
      const there = [this.sides.here.get(name), this.sides.box.get(name), this.sides.baseline.get(name)];
      const present = there.filter((one) => one !== undefined);
      const isFree = present.length === 0 ? !this.takenNames.has(this.nameKey(name)) : present.every((one) => sameEntry(mirrored(one), entry));
      if (isFree && !this.copies.has(name)) {
        this.copies.add(name);
        return name;
      }
    }
  }

  private nameKey(path: string): string {
    return this.options.names.caseSensitive ? path : folded(path);
  }

  /** Where there is no executable bit here, it is what was agreed on, or what the box has. */
  private withKnownBit(here: MirroredEntry | undefined, base: MirroredEntry | undefined, box: MirroredEntry | undefined): MirroredEntry | undefined {
    if (this.options.executableBits || here?.kind !== "file") {
      return here;
    }
    const known = base?.kind === "file" ? base : box;
    return withBit(here, known?.kind === "file" && known.executable);
  }

  private takeOutBulkDelete(): BulkDelete | undefined {
    const total = this.sides.baseline.size;
    for (const side of ["here", "box"] as const) {
      const deletes = [...this.actions.values()].filter(({ steps }) => steps[0]?.do === "delete" && steps[0].side === side);
      const many = deletes.length > bulkCount && deletes.length > total * bulkShare;
      // A side that has lost everything is more likely a lost disk than a wish, however few files there were.
      if (many || (deletes.length === total && total > 1)) {
        for (const { path } of deletes) {
          this.actions.delete(path);
        }
        return { side, paths: deletes.map(({ path }) => path) };
      }
    }
    return undefined;
  }

  /** Takes out what would make a file where the same side has a folder, the other way round, or two names that differ by case. */
  private takeOutCollisions(): void {
    const after = { here: this.namesAfter("here"), box: this.namesAfter("box") };
    const spellings = this.options.names.caseSensitive ? undefined : spellingsOf(after.here.files);
    for (const { path, steps } of [...this.actions.values()]) {
      const reason = this.collisionOf(steps, after, spellings);
      if (reason !== undefined) {
        this.actions.delete(path);
        this.leaveOut(path, reason);
      }
    }
  }

  private collisionOf(
    steps: readonly MirrorStep[],
    after: Record<MirrorSide, Names>,
    spellings: ReadonlyMap<string, ReadonlySet<string>> | undefined,
  ): LeftOutReason | undefined {
    for (const step of steps) {
      const made = madeBy(step);
      if (made === undefined) {
        continue;
      }
      const { files, folders } = after[made.side];
      const above = foldersAbove(made.path);
      if (folders.has(made.path) || above.some((folder) => files.has(folder))) {
        return "in-the-way";
      }
      if (made.side === "here" && spellings !== undefined && [made.path, ...above].some((name) => (spellings.get(folded(name))?.size ?? 0) > 1)) {
        return "differs-by-case";
      }
    }
    return undefined;
  }

  /** What a side would hold once all actions are done. */
  private namesAfter(side: MirrorSide): Names {
    const files = new Set(this.sides[side].keys());
    for (const { steps } of this.actions.values()) {
      for (const step of steps) {
        const made = madeBy(step);
        if (made?.side === side) {
          files.add(made.path);
        } else if (step.do === "delete" && step.side === side) {
          files.delete(step.path);
        }
      }
    }
    return { files, folders: new Set([...files].flatMap(foldersAbove)) };
  }
}

interface Names {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
}

function spellingsOf(paths: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const spellings = new Map<string, Set<string>>();
  for (const path of paths) {
    for (const name of [path, ...foldersAbove(path)]) {
      const known = spellings.get(folded(name)) ?? new Set();
      spellings.set(folded(name), known.add(name));
    }
  }
  return spellings;
}

/** Where a step makes a file or link. */
function madeBy(step: MirrorStep): { side: MirrorSide; path: string } | undefined {
  switch (step.do) {
    case "upload":
      return { side: "box", path: step.path };
    case "download":
    case "copy-here":
      return { side: "here", path: step.as };
    case "delete":
    case "set-executable":
      return undefined;
  }
}

/** Whether an action does nothing but delete. */
export function onlyDeletes({ steps }: MirrorAction): boolean {
  return steps.every((step) => step.do === "delete");
}

function mirrored(entry: ManifestEntry | undefined): MirroredEntry | undefined {
  return entry?.kind === "file" || entry?.kind === "link" ? entry : undefined;
}

function reasonToLeave(path: string, entry: ManifestEntry | undefined): LeftOutReason | undefined {
  switch (entry?.kind) {
    case "large-file":
      return "large";
    case "other":
      return "not-a-file";
    case "link":
      return leadsInside(path, entry.target) ? undefined : "link-outside";
    case "file":
    case "unread-file":
    case undefined:
      return undefined;
  }
}

/** The side that changed the bit decides; with no baseline to tell, a file that is executable anywhere is so everywhere. */
function mergedBit(base: MirroredEntry | undefined, here: MirroredEntry, box: MirroredEntry): boolean {
  const bitHere = here.kind === "file" && here.executable;
  const bitOnBox = box.kind === "file" && box.executable;
  if (here.kind !== "file" || box.kind !== "file") {
    return bitHere || bitOnBox;
  }
  return base?.kind === "file" ? (bitHere !== base.executable ? bitHere : bitOnBox) : bitHere || bitOnBox;
}

function withBit(entry: MirroredEntry, executable: boolean): MirroredEntry {
  return entry.kind === "file" ? { ...entry, executable } : entry;
}

function setBits(path: string, entry: MirroredEntry, here: MirroredEntry, box: MirroredEntry): MirrorStep[] {
  return [
    ...(sameEntry(entry, here) ? [] : [{ do: "set-executable", side: "here", path, entry } as const]),
    ...(sameEntry(entry, box) ? [] : [{ do: "set-executable", side: "box", path, entry } as const]),
  ];
}
