import { joinPath } from "./code/shell";
import type { Span } from "./finding";
import { oncePer } from "./once-per";
import { PathPatterns } from "./patterns";
import { type PathRole, pathRoles, type RolePaths } from "./rules";

const maxAlternatives = 20;
const maxLinks = 5000;

/** Where files end up that nobody hands in. */
const scratch = /^(\/tmp\/|\/var\/tmp\/|\/dev\/|~?\/?\.cache\/|\$TMPDIR|\$\{TMPDIR)|(^|\/)(backup|backups|bak|scratch|tmp|debug|analysis)(\/|_|$)|\.bak$/i;

export const isScratch = (path: string): boolean => scratch.test(path);

/** The paths that have a role, as rules write them. */
class RolePatterns {
  private readonly patterns: PathPatterns;
  private readonly literals: readonly string[];
  private readonly words: readonly string[];

  constructor(globs: readonly string[]) {
    this.patterns = new PathPatterns(globs);
    this.literals = globs.map((glob) => glob.replace(/^\*\*\/|\/(\*\*)?$/g, "")).filter((glob) => !/[*?]/.test(glob));
    this.words = globs.filter((glob) => /^\*[_-]?\w+$|^\w+[_-]?\*$|^\*\w+\*$/.test(glob)).map((glob) => glob.replace(/^[*_-]+|(?<![*_-])[*_-]+$/g, ""));
  }

  has(path: string): boolean {
    return this.patterns.test(path) || (/[*?]/.test(path) && (this.literals.some((literal) => standsFor(path, literal)) || this.words.some((word) => beginsWord(path, word))));
  }
}

const rolePatterns = oncePer((globs: readonly string[]) => new RolePatterns(globs));
const none: readonly string[] = [];

/** Which roles paths have, as the rules say. Braces and `*` in a path stand for whatever they may become. */
export class PathRoles {
  private readonly byRole: ReadonlyMap<PathRole, RolePatterns>;

  /** @param more paths that have a role beyond those of the rules, as instructions say */
  constructor(paths: RolePaths, more: RolePaths = {}) {
    this.byRole = new Map(
      pathRoles.map((role) => {
        const [known, added] = [paths[role] ?? none, more[role] ?? none];
        return [role, rolePatterns(added.length === 0 ? known : [...known, ...added])];
      }),
    );
  }

  has(path: string, role: PathRole): boolean {
    const patterns = this.byRole.get(role);
    return alternatives(path).some((one) => patterns?.has(one) === true);
  }

  rolesOf(path: string): PathRole[] {
    return pathRoles.filter((role) => this.has(path, role));
  }
}

/** `a/{b,c}/d` as `a/b/d` and `a/c/d`. */
function alternatives(path: string): string[] {
  const match = path.length > 4096 ? null : /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(path);
  return match === null ? [path] : (match[2] ?? "").split(",").slice(0, maxAlternatives).map((part) => `${match[1] ?? ""}${part}${match[3] ?? ""}`);
}

/** Whether a path with `*` in its last parts may become one that ends in these names. A `*` alone may become anything, so it says nothing. */
function standsFor(path: string, literal: string): boolean {
  const names = literal.split("/").filter((name) => name !== "");
  const parts = path.split("/").filter((part) => part !== "");
  for (let end = parts.length; end >= names.length; end--) {
    const last = parts.slice(end - names.length, end);
    const said = last.join("").replace(/\.\w+$/, "").replace(/[*?]/g, "").length;
    if (said >= 4 && last.some((part) => part.includes("*")) && names.every((name, index) => matchesGlob(last[index] ?? "", name))) {
      return true;
    }
  }
  return false;
}

/** Whether a name of the path is the beginning of a name with this word, up to a `*`: `model_ref*` of `reference`. */
function beginsWord(path: string, word: string): boolean {
  return path.split("/").some((part) => {
    const last = /(?<![A-Za-z])([A-Za-z]+)\*/.exec(part)?.[1]?.toLowerCase() ?? "";
    // `*_r?ference` stands for hardly anything else.
    const ending = /^\*[_-]?([\w?]+)$/.exec(part)?.[1] ?? "";
    return (last.length >= 3 && word.startsWith(last)) || (ending.includes("?") && ending.length === word.length && ending.replaceAll("?", "").length * 2 > word.length && Array.from(ending).every((unit, at) => unit === "?" || unit === word[at]));
  });
}

function matchesGlob(glob: string, name: string): boolean {
  const parts = glob.split("*");
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (name.startsWith(part) ? 0 : -1) : index === parts.length - 1 ? (name.length - part.length >= at && name.endsWith(part) ? name.length - part.length : -1) : name.indexOf(part, at);
    if (found < 0) {
      return false;
    }
    at = found + part.length;
  }
  return parts.length > 1 || at === name.length;
}

/** What a path was copied from or is a link to. */
export interface PathLink {
  readonly source: string;
  readonly span: Span;
}

/** Where files came from, as commands before said: copies of copies lead back to the first. */
export class PathLinks {
  private readonly links = new Map<string, PathLink>();

  add(target: string, source: string, span: Span): void {
    const key = plain(target);
    if (this.links.size < maxLinks && key !== "" && key !== plain(source)) {
      this.links.set(key, { source, span });
    }
  }

  /** Forgets what is written anew. */
  delete(target: string): void {
    this.links.delete(plain(target));
  }

  /** What the path, or a folder that it lies in, was made from; nearest first. */
  chain(path: string): PathLink[] {
    const found: PathLink[] = [];
    let current = plain(path);
    for (let step = 0; step < 6; step++) {
      const link = this.linkOf(current);
      if (link === undefined || found.includes(link)) {
        break;
      }
      found.push(link);
      current = plain(link.source);
    }
    return found;
  }

  private linkOf(path: string): PathLink | undefined {
    for (let folder = path; folder !== "" && folder !== "." && folder !== "/"; folder = folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) : "") {
      const exact = this.links.get(folder);
      if (exact !== undefined) {
        return exact;
      }
      // A relative path and an absolute one may be the same.
      for (const [target, link] of folder.startsWith("/") || this.links.size === 0 ? [] : this.links) {
        if (target.endsWith(`/${folder}`)) {
          return link;
        }
      }
    }
    if (path.startsWith("/")) {
      for (const [target, link] of this.links) {
        if (!target.startsWith("/") && target.length > 3 && (path.endsWith(`/${target}`) || path.includes(`/${target}/`))) {
          return link;
        }
      }
    }
    return undefined;
  }
}

const plain = (path: string): string => joinPath("", path).replace(/^(\.\.?\/)+/, "").replace(/\/(\*|\.)$/, "");
