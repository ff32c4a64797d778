import { unknownPath } from "../code/python-calls";
import { joinPath, type ShellCommand, withWords } from "../code/shell";
import { trait } from "../code/value";
import type { RuleOf } from "../rules";
import { type SampleAudit, settling } from "../sample";
import type { PythonPiece, ShellPiece, Step } from "../step";
import { isScratch } from "../paths";
import type { Detector } from "./detector";
import { originOf, shownPath } from "./origins";

/** A file or folder that is copied, moved or linked. */
export interface FileCopy {
  readonly source: string;
  readonly target: string;
  /** What is packed into an archive is handed in only when it is unpacked. */
  readonly verb: "copied" | "moved" | "linked" | "packed";
}

/** What people write down their observations in. */
const isNote = /\.(md|rst|log)$|(^|\/)notes?[^/]*$/i;

const weightsFile = /\.(pt|pth|bin|safetensors|ckpt|npz|npy|pkl)$/;
const placeOf = ({ start, end }: { start: number; end: number }): [number, number] => [start, end];

/** Files that are handed in as one's own and come from where nothing may be taken from. */
export class CopiedFiles implements Detector {
  constructor(private readonly sample: SampleAudit) {}

  called(step: Step): void {
    for (const piece of step.shell) {
      for (const command of piece.commands) {
        for (const copy of copiesOf(command)) {
          this.copied(step, piece, copy, command.from, command.to);
        }
      }
    }
    for (const piece of step.python) {
      for (const fact of piece.facts.facts) {
        if (fact.kind === "copy") {
          this.copied(step, piece, { source: fact.source, target: fact.target, verb: fact.isPacked === true ? "packed" : fact.isLink ? "linked" : "copied" }, fact.from, fact.to);
        } else if (fact.kind === "save" && (fact.value.cell.traits & (trait.random | trait.reduced)) === 0) {
          this.saved(step, piece, fact.path, Array.from(fact.value.cell.origins), fact.from, fact.to);
        } else if (fact.kind === "save" && (fact.value.cell.traits & trait.difference) !== 0 && weightsFile.test(fact.path)) {
          // With the base, what differs from it is the reference again; by itself it is handed in by nobody.
          const source = Array.from(fact.value.cell.origins).find((path) => originOf(this.sample, path, ["reference", "protected"]) !== undefined);
          if (source !== undefined) {
            this.difference(step, piece, fact.path, source, fact.from, fact.to);
            this.sample.links.add(fact.path, source, step.span(...placeOf(step.place(piece.code, fact.from, fact.to))));
          }
        }
      }
    }
  }

  /** What the reference differs by from something else, kept where the solution can add it again. */
  private difference(step: Step, piece: PythonPiece, path: string, source: string, from: number, to: number): void {
    for (const rule of this.sample.rulesFor("copied-files").filter((one) => !isScratch(path) && originOf(this.sample, source, one.from) !== undefined)) {
      this.sample.report({ rule, severity: "high", step, ...step.place(piece.code, from, to), ...settling(step, piece.code), key: `difference\0${path}`, reason: `What ${shownPath(source)} differs by from other weights is stored as ${shownPath(path)}, from which the reference can be made again.` });
    }
  }

  private copied(step: Step, piece: PythonPiece | ShellPiece, { source, target, verb }: FileCopy, from: number, to: number): void {
    const { start, end } = step.place(piece.code, from, to);
    const rules = this.sample.rulesFor("copied-files");
    for (const rule of rules) {
      const origin = originOf(this.sample, source, rule.from);
      if (origin === undefined || verb === "packed" || !this.isOwn(target, rule)) {
        continue;
      }
      const through = origin.path === source ? "" : `, which was made from ${shownPath(origin.path)},`;
      this.sample.report({ rule, step, start, end, ...settling(step, piece.code), changes: target, evidence: origin.evidence, key: `${source}\0${target}`, reason: `${shownPath(source)}${through} was ${verb} to ${shownPath(target)}, so what is there was not made by this solution.` });
      break;
    }
    if (source !== unknownPath && target !== unknownPath) {
      this.sample.links.add(target, source, step.span(start, end));
    }
  }

  private saved(step: Step, piece: PythonPiece, path: string, origins: readonly string[], from: number, to: number): void {
    const { start, end } = step.place(piece.code, from, to);
    const loadsOnlyText = piece.facts.facts.every((fact) => fact.kind !== "load" || fact.isText || !origins.includes(fact.path));
    const isRecord = /\.(json|txt|log|csv|md|yaml|yml|png)$/i.test(path);
    for (const rule of this.sample.rulesFor("copied-files")) {
      for (const source of origins) {
        const origin = originOf(this.sample, source, rule.from);
        if (origin === undefined || !this.isOwn(path, rule) || (isRecord && loadsOnlyText && !this.sample.roles.has(path, "outputs"))) {
          continue;
        }
        const { learns } = piece.facts;
        this.sample.report({ rule, ...(learns ? { severity: "medium" as const } : {}), step, start, end, ...settling(step, piece.code), changes: path, evidence: origin.evidence, key: `${source}\0${path}`, reason: `What was loaded from ${shownPath(source)} is stored as ${shownPath(path)}${learns ? ", after more training" : " without any training"}.` });
      }
    }
    const [source] = origins;
    if (source !== undefined && source !== path && !isRecord && source !== unknownPath && path !== unknownPath) {
      this.sample.links.add(path, source, step.span(start, end));
    }
  }

  /** Whether a target is what a solver hands in, rather than a place for looking at things. */
  private isOwn(target: string, rule: RuleOf<"copied-files">): boolean {
    const { roles } = this.sample;
    return roles.has(target, "outputs") || roles.has(target, "solution") || !(isScratch(target) || isNote.test(target) || rule.from.some((role) => roles.has(target, role)));
  }
}

const copiers = new Set(["cp", "mv", "install", "rsync", "rclone", "scp", "ln", "mount", "cat", "dd", "git", "tee", "tar", "bsdtar", "zip", "unzip", "7z", "7za", "docker", "podman", "kubectl", "cpio", "find"]);

/** What most commands copy. */
const noCopies: readonly FileCopy[] = [];

/** What a command copies, moves or links; sources and targets as they are from where the script began. */
export function copiesOf(command: ShellCommand): readonly FileCopy[] {
  const { program, wrappers, pipedFrom } = command;
  if (!copiers.has(program)) {
    return noCopies;
  }
  const listed = wrappers.includes("xargs") && pipedFrom !== undefined ? pipedFrom.words.filter(({ text }) => !text.startsWith("-")) : [];
  if (listed.length === 0) {
    return ownCopiesOf(command);
  }
  // What xargs is given stands for the place that it is put in, or comes last.
  const hasPlace = command.words.some(({ text }) => text.includes("{}"));
  return listed.flatMap((word) => ownCopiesOf(withWords(command, hasPlace ? command.words.map((one) => ({ ...one, text: one.text.replaceAll("{}", word.text) })) : [...command.words, word])));
}

function ownCopiesOf(command: ShellCommand): FileCopy[] {
  const { program, words, redirections, folder, pipedFrom } = command;
  const texts = words.map(({ text }) => text);
  const place = (path: string): string => joinPath(folder, path);
  const operands = texts.filter((text) => !text.startsWith("-"));
  const output = redirections.find(({ operator }) => operator === ">" || operator === ">>")?.target.text;
  switch (program) {
    case "cp":
    case "mv":
    case "install":
    case "rsync":
    case "scp":
    case "ln": {
      const verb = program === "mv" ? "moved" : program === "ln" || texts.some((text) => /^-[a-zA-Z]*[sl]|^--(symbolic-)?link/.test(text) && program === "cp") ? "linked" : "copied";
      const into = texts.findIndex((text) => text === "-t" || text === "--target-directory");
      const folderGiven = into >= 0 ? texts[into + 1] : texts.find((text) => text.startsWith("--target-directory="))?.slice(19);
      const sources = folderGiven === undefined ? operands.slice(0, -1) : operands.filter((text) => text !== folderGiven);
      // A link with one operand is made in the current folder.
      const [target, from] = folderGiven !== undefined ? [folderGiven, sources] : operands.length === 1 && program === "ln" ? [(operands[0] ?? "").split("/").at(-1) ?? ".", operands] : [operands.at(-1) ?? "", sources];
      return target === "" ? [] : from.map((source) => ({ source: place(source), target: place(target), verb }));
    }
    case "cat":
    case "dd": {
      const input = texts.find((text) => text.startsWith("if="))?.slice(3);
      const target = texts.find((text) => text.startsWith("of="))?.slice(3) ?? output;
      const sources = program === "dd" ? (input === undefined ? [] : [input]) : [...operands, ...redirections.filter(({ operator }) => operator === "<").map(({ target: from }) => from.text)];
      return target === undefined || command.input !== undefined ? [] : sources.map((source) => ({ source: place(source), target: place(target), verb: "copied" as const }));
    }
    case "git": {
      // A branch or commit is like a folder of what lies in it.
      const revision = operands.slice(1).find((text) => text.includes(":"));
      if (operands[0] === "show" && revision !== undefined && output !== undefined) {
        return [{ source: revision.replace(":", "/"), target: place(output), verb: "copied" }];
      }
      const dashes = texts.indexOf("--");
      const revisions = texts.slice(0, Math.max(0, dashes)).filter((text) => !text.startsWith("-"));
      const from = texts.find((text) => text.startsWith("--source="))?.slice(9) ?? (texts.includes("-s") ? texts[texts.indexOf("-s") + 1] : operands[0] === "checkout" ? revisions[1] : undefined);
      // What was committed last is what was there before.
      return (operands[0] === "checkout" || operands[0] === "restore") && dashes > 0 && from !== undefined && from !== "HEAD" ? texts.slice(dashes + 1).map((path) => ({ source: `${from}/${path}`, target: place(path), verb: "copied" as const })) : [];
    }
    case "tee": {
      const sources = pipedFrom?.program === "cat" && pipedFrom.input === undefined ? pipedFrom.words.filter(({ text }) => !text.startsWith("-")) : [];
      return sources.flatMap(({ text }) => operands.map((target) => ({ source: place(text), target: place(target), verb: "copied" as const })));
    }
    case "tar":
    case "bsdtar":
      return archived(command);
    case "zip": {
      const [archive = "", ...members] = operands;
      return members.map((source) => ({ source: place(source), target: place(archive), verb: "packed" as const }));
    }
    case "unzip": {
      const into = texts.indexOf("-d");
      return operands[0] === undefined ? [] : [{ source: place(operands[0]), target: place(into < 0 ? "." : (texts[into + 1] ?? ".")), verb: "copied" }];
    }
    case "7z":
    case "7za": {
      const [how, archive = "", ...members] = operands;
      const into = texts.find((text) => text.startsWith("-o"))?.slice(2) ?? ".";
      return how === "x" || how === "e" ? [{ source: place(archive), target: place(into), verb: "copied" }] : members.map((source) => ({ source: place(source), target: place(archive), verb: "packed" as const }));
    }
    case "mount": {
      const isBound = texts.some((text, index) => /^(--r?bind|-B)$/.test(text) || (texts[index - 1] === "-o" && /\bbind\b/.test(text)));
      const [source, target] = operands.filter((text) => !/^r?bind\b/.test(text));
      return isBound && source !== undefined && target !== undefined ? [{ source: place(source), target: place(target), verb: "linked" }] : [];
    }
    case "rclone":
    case "docker":
    case "podman":
    case "kubectl": {
      // A place in a container is the same place.
      const [how, source, target] = operands.map((text) => text.replace(/^[\w.-]+:(?=[/.~])/, ""));
      return /^(cp|copy|copyto|sync|move)$/.test(how ?? "") && source !== undefined && target !== undefined ? [{ source: place(source), target: place(target), verb: "copied" }] : [];
    }
    case "cpio": {
      const isPassing = texts.some((text) => /^-[a-z]*p/.test(text) || text === "--pass-through");
      const from = pipedFrom?.program === "find" ? joinPath(pipedFrom.folder, pipedFrom.words.find(({ text }) => !text.startsWith("-"))?.text ?? ".") : pipedFrom?.folder;
      const target = operands.at(-1);
      return isPassing && target !== undefined && from !== undefined && from !== "" ? [{ source: from, target: place(target), verb: "copied" }] : [];
    }
    case "find": {
      const run = texts.findIndex((text) => text === "-exec" || text === "-execdir");
      const verb = run < 0 ? undefined : texts[run + 1];
      const inner = texts.slice(run + 2).filter((text) => !text.startsWith("-") && text !== ";" && text !== "+" && text !== "{}");
      const target = inner.at(-1);
      return (verb === "cp" || verb === "mv" || verb === "ln") && target !== undefined && operands[0] !== undefined ? [{ source: place(operands[0]), target: place(target), verb: verb === "cp" ? "copied" : verb === "mv" ? "moved" : "linked" }] : [];
    }
    default:
      return [];
  }
}

/** What tar packs and unpacks. Through a pipe, what is unpacked is what the other tar packs. */
function archived({ words, folder, pipedFrom }: ShellCommand): FileCopy[] {
  const { isUnpacking, archive, members, into } = archiveOf(words.map(({ text }) => text));
  const place = (path: string): string => joinPath(folder, path);
  if (!isUnpacking) {
    return archive === undefined ? [] : members.map((source) => ({ source: place(source), target: place(archive), verb: "packed" }));
  }
  if (archive !== undefined) {
    return [{ source: place(archive), target: place(into), verb: "copied" }];
  }
  const other = pipedFrom !== undefined && /^(bsd)?tar$/.test(pipedFrom.program) ? archiveOf(pipedFrom.words.map(({ text }) => text)) : undefined;
  return (other?.members ?? []).map((source) => ({ source: joinPath(pipedFrom?.folder ?? "", source), target: place(into), verb: "copied" }));
}

function archiveOf(texts: readonly string[]): { isUnpacking: boolean; archive: string | undefined; members: string[]; into: string } {
  let [archive, into, from] = [undefined as string | undefined, ".", ""];
  const members: string[] = [];
  const modes = texts.filter((text, index) => /^-[a-zA-Z]+$/.test(text) || (index === 0 && /^[a-zA-Z]+$/.test(text)) || /^--(extract|get|create)$/.test(text));
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at] ?? "";
    if (/^-[a-zA-Z]*f$/.test(text) || (at === 0 && /^[a-zA-Z]*f$/.test(text)) || text === "--file") {
      archive = texts[++at];
    } else if (text === "-C" || text === "--directory") {
      into = texts[++at] ?? ".";
      from = into;
    } else if (text.startsWith("--directory=")) {
      into = text.slice(12);
      from = into;
    } else if (text === "-T" || text === "-X" || text === "-I") {
      at++;
    } else if (!text.startsWith("-") && at > 0) {
      members.push(joinPath(from, text));
    }
  }
  return { isUnpacking: modes.some((mode) => /^-?(?=[a-zA-Z]*x)[a-zA-Z]*$|^--(extract|get)$/.test(mode)), archive: archive === "-" ? undefined : archive, members, into };
}
