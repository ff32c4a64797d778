import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository } from "../support/build";
import { temporaryFolder } from "../support/temporary-folder";

/** Which room of src/ may import which other rooms. */
const walls: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ["base"],
  boxes: ["base"],
  tasks: ["base", "boxes"],
  workspace: ["base", "boxes"],
  sessions: ["base", "boxes", "tasks", "workspace"],
  transcripts: ["base"],
  audit: ["base", "tasks", "sessions", "transcripts"],
  analysis: ["base", "tasks", "sessions", "transcripts"],
  editor: ["base", "protocol", "boxes", "tasks", "workspace", "sessions", "transcripts", "audit", "analysis"],
  cli: ["base", "boxes", "tasks", "workspace", "sessions", "transcripts", "audit", "analysis"],
};
const rooms = Object.keys(walls);

/** Rooms that are collections of small files, each imported by itself. */
const withoutIndex = ["base", "protocol"];

/** Every way to import what lies there, each of which is a line; require() is forbidden everywhere. */
const imports = (path: string): string[] => [
  `import { one as NAME } from "${path}";`,
  `import type { One as NAME } from "${path}";`,
  `import { type One as NAME } from "${path}";`,
  `import * as NAME from "${path}";`,
  `import "${path}";`,
  `import NAME = require("${path}");`,
  `export { one as NAME } from "${path}";`,
  `export type { One as NAME } from "${path}";`,
  `export * from "${path}";`,
  `await import("${path}");`,
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** What is complained of by this rule in files of these lines, which lie in the repository as oxlint takes it. */
function complaints(files: Readonly<Record<string, readonly string[]>>, rule = "eslint(no-restricted-imports)"): Record<string, string[]> {
  const folder = temporaryFolder();
  const configuration = JSON.parse(readFileSync(join(repository, ".oxlintrc.json"), "utf8")) as object;
  writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify({ ...configuration, options: { typeAware: false } }));
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    // No name twice: that would be the only complaint.
    writeFileSync(join(folder, file), lines.map((line, index) => line.replace("NAME", `name${index}`)).join("\n"));
  }
  const program = join(repository, "node_modules", "oxlint", "bin", "oxlint");
  const told = spawnSync(process.execPath, [program, "--format=json"], { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });
  const { diagnostics } = JSON.parse(told.stdout) as { diagnostics: Diagnostic[] };
  const found = diagnostics.filter(({ code }) => code === rule);
  return Object.fromEntries(
    Object.entries(files).map(([file, lines]) => {
      const numbers = new Set(found.flatMap(({ filename, labels }) => (filename === file ? labels.map(({ span }) => span.line) : [])));
      return [file, lines.filter((_, index) => numbers.has(index + 1))];
    }),
  );
}

/** Of each room a file, and one in a folder of a folder of it, that import these. */
function filesWith(pathsOf: (room: string) => string[]): Record<string, string[]> {
  const files = rooms.flatMap((room) => [
    [`src/${room}/file.ts`, pathsOf(room).flatMap((path) => imports(`../${path}`))] as const,
    [`src/${room}/one/two/file.ts`, pathsOf(room).flatMap((path) => imports(`../../../${path}`))] as const,
  ]);
  return Object.fromEntries(files);
}

const withoutComplaints = (files: object): Record<string, string[]> => Object.fromEntries(Object.keys(files).map((file) => [file, []]));

describe("the walls between the rooms of src/", () => {
  test("are around each of its folders", () => {
    const folders = readdirSync(join(repository, "src"), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    expect(folders.toSorted()).toEqual(rooms.toSorted());
  });

  test("forbid every import of a room that one may not know", () => {
    const files = filesWith((room) => rooms.flatMap((other) => (other === room || walls[room]?.includes(other) ? [] : [other, `${other}/index`, `${other}/file`, `${other}/folder/file`])));
    expect(complaints(files)).toEqual(files);
  });

  test("forbid every import past the index of a room", () => {
    const files = filesWith((room) => rooms.flatMap((other) => (other === room || withoutIndex.includes(other) ? [] : [`${other}/file`, `${other}/folder/file`])));
    expect(complaints(files)).toEqual(files);
  });

  test("allow imports of what a room may know, and its own", () => {
    const files = {
      ...filesWith((room) => (walls[room] ?? []).flatMap((other) => (withoutIndex.includes(other) ? [other, `${other}/file`] : [other]))),
      ...Object.fromEntries(rooms.map((room) => [`src/${room}/folder/file.ts`, [...imports("../file"), ...imports("./file")]])),
    };
    expect(complaints(files)).toEqual(withoutComplaints(files));
  });

  test("leave VS Code, and what starts there, to src/editor", () => {
    const files = { ...filesWith(() => ["extension"]), ...Object.fromEntries(rooms.map((room) => [`src/${room}/window.ts`, imports("vscode")])) };
    const { "src/editor/window.ts": ofEditor, ...others } = files;
    expect(ofEditor).not.toEqual([]);
    expect(complaints(files)).toEqual({ ...others, "src/editor/window.ts": [], "src/editor/file.ts": [], "src/editor/one/two/file.ts": [] });
  });

  test("have no way around them by require()", () => {
    const files = Object.fromEntries(rooms.map((room) => [`src/${room}/file.ts`, ['const NAME = require("../base");']]));
    expect(complaints(files, "typescript(no-require-imports)")).toEqual(files);
  });
});
