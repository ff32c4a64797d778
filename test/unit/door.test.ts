import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { repository } from "../support/build";

let metafile: Metafile;

beforeAll(async () => {
  ({ metafile } = await build({
    absWorkingDir: repository,
    entryPoints: ["src/extension.ts"],
    external: ["vscode", "cpu-features", "*.node"],
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    outdir: "nowhere",
    metafile: true,
    write: false,
  }));
});

/** What is in the output that begins with a file, and in all that it loads at once. */
function loadedWith(entry: string): string[] {
  const outputs = new Set(Object.keys(metafile.outputs).filter((name) => metafile.outputs[name]?.entryPoint === entry));
  for (const name of outputs) {
    for (const { path, kind } of metafile.outputs[name]?.imports ?? []) {
      if (kind !== "dynamic-import" && path in metafile.outputs) {
        outputs.add(path);
      }
    }
  }
  return [...outputs].flatMap((name) => Object.entries(metafile.outputs[name]?.inputs ?? {}).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : []))).sort();
}

describe("what every window loads of the extension", () => {
  test("is its door alone: the rest waits until something of it is used", () => {
    expect(loadedWith("src/extension.ts")).toEqual([
      "src/contributions.ts",
      "src/editor/assignment-files.ts",
      "src/extension.ts",
      "src/sessions/session-folder.ts",
    ]);
  });
});

describe("what a session's window loads at once", () => {
  test("is nothing that only reviewers, authors or a box over SSH need", () => {
    const loaded = loadedWith("src/editor/index.ts");
    expect(loaded).toContain("src/sessions/session.ts");
    expect(loaded.filter((path) => /^src\/(transcripts|audit|analysis|editor\/(replay|tasks)|boxes\/ssh\/connection)\b|node_modules\/(ssh2|re2js|@lezer)\//.test(path))).toEqual([]);
  });
});
