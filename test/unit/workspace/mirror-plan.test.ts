import { describe, expect, test } from "vitest";
import { sha256 } from "../../../src/base";
import type { Manifest, ManifestEntry } from "../../../src/boxes";
import { copyName, isCopyName, isSafePath, leadsInside } from "../../../src/workspace/mirror-names";
import { type Baseline, type MirroredEntry, type MirrorPlan, type MirrorScope, planMirror, type PlanOptions } from "../../../src/workspace/mirror-plan";

const scope: MirrorScope = { ignore: ["__pycache__/", "*.pt"], pull: ["logs/"], maxFileMB: 1 };
const linux: PlanOptions = { names: { caseSensitive: true, windows: false }, executableBits: true, bulkDelete: "ask" };

function file(content: string, executable = false): MirroredEntry {
  return { kind: "file", bytes: content.length, sha256: sha256(content), executable };
}

function link(target: string): MirroredEntry {
  return { kind: "link", target };
}

function plan(baseline: Record<string, MirroredEntry>, here: Record<string, ManifestEntry>, box: Record<string, ManifestEntry>, options = linux): MirrorPlan {
  const sides: { baseline: Baseline; here: Manifest; box: Manifest } = {
    baseline: new Map(Object.entries(baseline)),
    here: new Map(Object.entries(here)),
    box: new Map(Object.entries(box)),
  };
  return planMirror(sides, scope, options);
}

/** The steps as short texts. */
function steps({ actions }: MirrorPlan): string[] {
  return actions.flatMap((action) =>
    action.steps.map((step) => {
      const side = "side" in step ? ` ${step.side}` : "";
      const goal = "as" in step && step.as !== step.path ? ` as ${step.as}` : "";
      return `${step.do}${side} ${step.path}${goal}`;
    }),
  );
}

const [one, two, three] = [file("one"), file("two"), file("three")];
const shortHash = sha256("three").slice(0, 8);

describe("each combination of the three versions of a file", () => {
  test.each<[string, MirroredEntry | undefined, MirroredEntry | undefined, MirroredEntry | undefined, string[]]>([
    ["new here", undefined, one, undefined, ["upload f.py"]],
    ["new on the box", undefined, undefined, one, ["download f.py"]],
    ["the same on both, never compared", undefined, one, one, []],
    ["changed here", one, two, one, ["upload f.py"]],
    ["changed on the box", one, one, two, ["download f.py"]],
    ["changed on both to the same", one, two, two, []],
    ["changed on both", one, two, three, [`download f.py as f.from-box-${shortHash}.py`, `upload f.from-box-${shortHash}.py`, "upload f.py"]],
    ["different on both, never compared", undefined, two, three, [`download f.py as f.from-box-${shortHash}.py`, `upload f.from-box-${shortHash}.py`, "upload f.py"]],
    ["deleted here", one, undefined, one, ["delete box f.py"]],
    ["deleted on the box", one, one, undefined, ["delete here f.py"]],
    ["deleted on both", one, undefined, undefined, []],
    ["deleted here, changed on the box", one, undefined, two, ["download f.py"]],
    ["changed here, deleted on the box", one, two, undefined, ["upload f.py"]],
    ["made executable here", one, file("one", true), one, ["set-executable box f.py"]],
    ["made executable on the box", one, one, file("one", true), ["set-executable here f.py"]],
    ["no longer executable here", file("one", true), one, file("one", true), ["set-executable box f.py"]],
    ["executable on one side, never compared", undefined, one, file("one", true), ["set-executable here f.py"]],
    ["changed here, made executable on the box", one, two, file("one", true), ["set-executable here f.py", "upload f.py"]],
    ["made executable here, changed on the box", one, file("one", true), two, ["download f.py", "set-executable box f.py"]],
    ["became a link here", one, link("g.py"), one, ["upload f.py"]],
    ["link led elsewhere on the box", link("g"), link("g"), link("h"), ["download f.py"]],
  ])("%s", (_, base, here, box, expected) => {
    const versions = [base, here, box].map((entry) => (entry === undefined ? {} : { "other.py": one, "f.py": entry }));
    const [known, onHere, onBox] = versions as [Record<string, MirroredEntry>, Record<string, MirroredEntry>, Record<string, MirroredEntry>];
    expect(steps(plan({ ...known, "other.py": one }, { ...onHere, "other.py": one }, { ...onBox, "other.py": one }))).toEqual(expected);
  });

  test("a change against a delete is told as a conflict, a change against nothing is not", () => {
    expect(plan({ f: one }, {}, { f: two }).actions[0]?.conflict).toEqual({ path: "f", keptAs: "f" });
    expect(plan({ f: one }, { f: two }, {}).actions[0]?.conflict).toEqual({ path: "f", keptAs: "f" });
    expect(plan({ f: one }, { f: two }, { f: one }).actions[0]?.conflict).toBeUndefined();
  });

  test("a copy never takes the name of something else, and takes that of itself after a crash", () => {
    const taken = `f.from-box-${shortHash}.py`;
    const other = plan({}, { "f.py": two, [taken]: one }, { "f.py": three });
    expect(other.actions.map(({ conflict }) => conflict?.keptAs)).toContain(`f.from-box-${shortHash}-2.py`);
    const again = plan({}, { "f.py": two, [taken]: three }, { "f.py": three });
    expect(again.actions.map(({ conflict }) => conflict?.keptAs)).toEqual([taken]);
  });

  test("where there is no executable bit here, the box's stays", () => {
    const windows: PlanOptions = { ...linux, executableBits: false };
    expect(steps(plan({ f: file("one", true) }, { f: one }, { f: file("one", true) }, windows))).toEqual([]);
    expect(plan({ f: file("one", true) }, { f: two }, { f: file("one", true) }, windows).actions[0]?.steps[0]).toMatchObject({ entry: file("two", true) });
  });
});

describe("deletes", () => {
  const many = (count: number): Record<string, MirroredEntry> => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, one]));

  test("without a baseline there are none", () => {
    expect(steps(plan({}, many(30), {})).every((step) => step.startsWith("upload"))).toBe(true);
  });

  test.each([
    [21, 41, true],
    [21, 42, false],
    [20, 30, false],
    [2, 2, true],
    [1, 1, false],
  ])("%i of %i files: asks %s", (gone, all, asks) => {
    const left = Object.fromEntries(Object.entries(many(all)).slice(gone));
    for (const side of ["here", "box"] as const) {
      const made = side === "here" ? plan(many(all), many(all), left) : plan(many(all), left, many(all));
      expect(made.question?.paths.length).toBe(asks ? gone : undefined);
      expect(made.question?.side).toBe(asks ? side : undefined);
      expect(made.actions.length).toBe(asks ? 0 : gone);
    }
    expect(plan(many(all), many(all), left, { ...linux, bulkDelete: "carry-out" }).actions.length).toBe(gone);
  });
});

describe("what is left out", () => {
  test("ignored files, repositories and drafts are not touched, and their baseline is forgotten", () => {
    const draft = "f.py.00000000-0000-4000-8000-000000000000.tmp";
    const made = plan({ "a.pt": one }, { "a.pt": two, "d/__pycache__/x": one, ".git/config": one }, { ".git/hooks/x": one, "sub/.git/y": one, [draft]: one });
    expect(made.actions).toEqual([]);
    expect(made.agreed).toEqual(new Map([["a.pt", undefined]]));
  });

  test("large files and devices stay on their side, on whichever it is, and no delete comes of it", () => {
    const made = plan({ big: one, pipe: one }, { big: { kind: "large-file", bytes: 9 }, pipe: one }, { big: one, pipe: { kind: "other" } });
    expect(made.actions).toEqual([]);
    expect(made.agreed.size).toBe(0);
    expect(made.leftOut).toEqual([
      { path: "big", side: "here", reason: "large" },
      { path: "big", side: "box", reason: "large" },
      { path: "pipe", side: "here", reason: "not-a-file" },
      { path: "pipe", side: "box", reason: "not-a-file" },
    ]);
  });

  test.each(["../x", "/etc/passwd", "a//b", "a/../../x", "a/./b", "", "a\nb", "a\u001b[2J", "C:\\x", "..\\x", "a/", "x".repeat(256), "a\uFFFDb"])(
    "the hostile path %j",
    (path) => {
      const made = plan({}, {}, { [path]: one });
      expect(made.actions).toEqual([]);
      expect(made.leftOut).toEqual([{ path, side: "box", reason: "unsafe-name" }]);
    },
  );

  test("names that Windows reserves, on Windows only", () => {
    const windows = { caseSensitive: false, windows: true };
    for (const name of ["con", "sub/NUL.txt", "a:b", "x.", "x ", "lpt1"]) {
      expect(isSafePath(name, windows), name).toBe(false);
      expect(isSafePath(name, linux.names), name).toBe(true);
    }
    expect(isSafePath("console.py", windows)).toBe(true);
  });

  test("names that differ only by case, where this computer cannot tell them apart", () => {
    const mac: PlanOptions = { ...linux, names: { caseSensitive: false, windows: false } };
    const made = plan({}, { "Data/x": one }, { "data/y": one, "A.py": one, "a.py": two, ok: one }, mac);
    expect(steps(made)).toEqual(["upload Data/x", "download ok"]);
    expect(made.leftOut.map(({ path, reason }) => `${path} ${reason}`)).toEqual(["A.py differs-by-case", "a.py differs-by-case", "data/y differs-by-case"]);
    expect(steps(plan({}, {}, { "A.py": one, "a.py": two }))).toEqual(["download A.py", "download a.py"]);
    expect(steps(plan({ "A.py": one, b: one }, { "a.py": one, b: one }, { "A.py": one, b: one }, mac))).toEqual(["delete box A.py", "upload a.py"]);
  });

  test("a file on one side where the other has a folder or a link", () => {
    const made = plan({}, { a: one, l: link("b"), out: link("/etc") }, { "a/b": one, "l/x": one, "out/passwd": one });
    expect(steps(made)).toEqual([]);
    expect(made.leftOut.filter(({ reason }) => reason === "in-the-way").map(({ path }) => path)).toEqual(["a", "a/b", "l", "l/x", "out/passwd"]);
  });

  test("a folder may take a file's place", () => {
    expect(steps(plan({ a: one, c: one }, { a: one, c: one }, { "a/b": two, c: one }))).toEqual(["delete here a", "download a/b"]);
    expect(steps(plan({ "a/b": one, c: one }, { a: two, c: one }, { "a/b": one, c: one }))).toEqual(["delete box a/b", "upload a"]);
  });

  test.each([
    ["l", "f", true],
    ["d/l", "../f", true],
    ["d/l", "..", true],
    ["l", "..", false],
    ["d/l", "../../f", false],
    ["d/l", "x/../../f", false],
    ["l", "/etc/passwd", false],
    ["l", "C:/x", false],
    ["l", "", false],
    ["l", "a\nb", false],
  ])("link %s to %s stays inside: %s", (path, target, isInside) => {
    expect(leadsInside(path, target)).toBe(isInside);
    const made = plan({}, {}, { [path]: link(target) });
    expect(made.actions.length).toBe(isInside ? 1 : 0);
    expect(made.leftOut.map(({ reason }) => reason)).toEqual(isInside ? [] : ["link-outside"]);
  });
});

describe("files that only come from the box", () => {
  test.each<[string, MirroredEntry | undefined, MirroredEntry | undefined, MirroredEntry | undefined, string[], string[]]>([
    ["new on the box", undefined, undefined, one, ["download logs/f"], []],
    ["changed on the box", one, one, two, ["download logs/f"], []],
    ["deleted on the box", one, one, undefined, ["delete here logs/f"], []],
    ["new here", undefined, one, undefined, [], ["here"]],
    ["changed here", one, two, one, [], ["here"]],
    ["deleted here", one, undefined, one, [], ["here"]],
    ["deleted here, changed on the box", one, undefined, two, ["download logs/f"], []],
    ["changed here, deleted on the box", one, two, undefined, [], ["here"]],
    ["made executable here", one, file("one", true), one, ["set-executable here logs/f"], []],
    ["changed on both", one, three, two, [`copy-here logs/f as logs/f.from-here-${shortHash}`, "download logs/f"], []],
  ])("%s", (_, base, here, box, expected, left) => {
    const of = (entry: MirroredEntry | undefined): Record<string, MirroredEntry> => ({ other: one, ...(entry && { "logs/f": entry }) });
    const made = plan(of(base), of(here), of(box));
    expect(steps(made)).toEqual(expected);
    expect(made.leftOut.map(({ side }) => side)).toEqual(left);
  });
});

test("names of copies keep the ending, stay within what file systems take and are known again", () => {
  expect(copyName("d/a.tar.gz", "box", "0123456789", 1)).toBe("d/a.tar.from-box-01234567.gz");
  expect(copyName(".env", "here", "0123456789", 3)).toBe(".env.from-here-01234567-3");
  const long = copyName(`${"ü".repeat(120)}.py`, "box", "0123456789", 1);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
  expect([long, ".env.from-here-01234567-3", "d/a.from-box-01234567"].every(isCopyName)).toBe(true);
  expect(["a.from-box.py", "from-box-01234567/a"].some(isCopyName)).toBe(false);
});
