import type { FileChange, Hunk } from "./file-changes";

/** The changes of a patch: a unified diff, or what `apply_patch` takes. */
export function parsePatch(text: string): FileChange[] {
  const begin = text.indexOf("*** Begin Patch");
  return begin >= 0 ? applyPatchChanges(text.slice(begin)) : unifiedChanges(text);
}

function applyPatchChanges(text: string): FileChange[] {
  const changes: FileChange[] = [];
  let path = "";
  let kind: "add" | "update" | undefined;
  let added: string[] = [];
  let hunks: Hunk[] = [];
  let hunk: { before: string[]; after: string[] } | undefined;
  let movedTo: string | undefined;
  const endHunk = (): void => {
    if (hunk !== undefined && hunk.before.length + hunk.after.length > 0) {
      hunks.push({ line: undefined, ...hunk });
    }
    hunk = undefined;
  };
  const endFile = (): void => {
    endHunk();
    if (kind === "add") {
      changes.push({ kind: "write", path, content: added.map((line) => `${line}\n`).join("") });
    } else if (kind === "update") {
      if (hunks.length > 0) {
        changes.push({ kind: "patch", path, hunks });
      }
      if (movedTo !== undefined) {
        changes.push({ kind: "move", path, to: movedTo });
      }
    }
    [kind, added, hunks, movedTo] = [undefined, [], [], undefined];
  };
  for (const line of text.split("\n").slice(1)) {
    const header = /^\*\*\* (Add File|Update File|Delete File|Move to|End Patch|End of File)(?:: (.*))?$/.exec(line.trimEnd());
    if (header !== null) {
      const [, what, name = ""] = header;
      if (what === "Move to") {
        movedTo = name;
      } else if (what === "Delete File") {
        endFile();
        changes.push({ kind: "delete", path: name });
      } else if (what !== "End of File") {
        endFile();
        if (what === "End Patch") {
          break;
        }
        path = name;
        kind = what === "Add File" ? "add" : "update";
      }
    } else if (kind === "add") {
      added.push(line.replace(/^\+/, ""));
    } else if (kind === "update") {
      if (line.startsWith("@@")) {
        endHunk();
        hunk = { before: [], after: [] };
      } else {
        hunk ??= { before: [], after: [] };
        takeLine(hunk, line);
      }
    }
  }
  endFile();
  return changes;
}

function takeLine(hunk: { before: string[]; after: string[] }, line: string): void {
  const rest = line.slice(1);
  if (line.startsWith("-")) {
    hunk.before.push(rest);
  } else if (line.startsWith("+")) {
    hunk.after.push(rest);
  } else if (line.startsWith(" ") || line === "") {
    hunk.before.push(rest);
    hunk.after.push(rest);
  }
}

function unifiedChanges(text: string): FileChange[] {
  const changes: FileChange[] = [];
  const lines = text.split("\n");
  let from = "";
  let to = "";
  let hunks: Hunk[] = [];
  let isBinary = false;
  const endFile = (): void => {
    const path = to === "/dev/null" || to === "" ? from : to;
    if (path !== "" && path !== "/dev/null") {
      if (isBinary) {
        changes.push({ kind: "unknown", path, why: "it is binary" });
      } else if (to === "/dev/null") {
        changes.push({ kind: "delete", path: from });
      } else if (from === "/dev/null") {
        changes.push({ kind: "write", path, content: (hunks[0]?.after ?? []).map((line) => `${line}\n`).join("") });
      } else {
        if (hunks.length > 0) {
          changes.push({ kind: "patch", path: from, hunks });
        }
        if (from !== to) {
          changes.push({ kind: "move", path: from, to });
        }
      }
    }
    [from, to, hunks, isBinary] = ["", "", [], false];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      endFile();
      const names = /^diff --git a\/(.*) b\/(.*)$/.exec(line);
      [from, to] = [names?.[1] ?? "", names?.[2] ?? ""];
    } else if (line.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ") === true) {
      if (hunks.length > 0) {
        endFile();
      }
      [from, to] = [nameIn(line), nameIn(lines[at + 1] ?? "")];
      at++;
    } else if (line.startsWith("new file")) {
      from = "/dev/null";
    } else if (line.startsWith("deleted file")) {
      to = "/dev/null";
    } else if (/^Binary files|^GIT binary patch/.test(line)) {
      isBinary = true;
    } else {
      const header = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
      if (header !== null) {
        const hunk = { line: Number(header[1]), before: [] as string[], after: [] as string[] };
        let before = Number(header[2] ?? 1);
        let after = Number(header[3] ?? 1);
        while ((before > 0 || after > 0) && at + 1 < lines.length) {
          const next = lines[++at] ?? "";
          takeLine(hunk, next);
          before -= next.startsWith("+") || next.startsWith("\\") ? 0 : 1;
          after -= next.startsWith("-") || next.startsWith("\\") ? 0 : 1;
        }
        hunks.push(hunk);
      }
    }
  }
  endFile();
  return changes;
}

/** The name in a `---` or `+++` line, without the prefix that git puts before it and the time that diff puts behind it. */
function nameIn(line: string): string {
  const name = line.slice(4).split("\t")[0]?.trim() ?? "";
  return name === "/dev/null" ? name : name.replace(/^"(.*)"$/, "$1").replace(/^[ab]\//, "");
}
