import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder";

/** What a made-up nvidia-smi does, as parts of a shell script. */
export interface FakeNvidiaSmi {
  /** For --query-gpu, with the fields in $fields. */
  readonly gpus: string;
  /** For --query-compute-apps. */
  readonly processes?: string;
  /** For -L. */
  readonly list?: string;
}

/** Puts a made-up nvidia-smi on the PATH of what is started from here until the test ends; the PATH is returned. */
export function onPath({ gpus, processes = "", list = "" }: FakeNvidiaSmi): string {
  const folder = join(temporaryFolder(), "bin");
  mkdirSync(folder);
  const file = join(folder, "nvidia-smi");
  writeFileSync(
    file,
    `#!/bin/sh
case "$*" in
*--query-gpu=*)
fields=\${1#*=}
${gpus}
;;
*--query-compute-apps=*)
${processes}
;;
-L)
${list}
;;
esac
`,
  );
  chmodSync(file, 0o755);
  const before = process.env["PATH"] ?? "";
  process.env["PATH"] = `${folder}:${before}`;
  onTestFinished(() => {
    process.env["PATH"] = before;
  });
  return process.env["PATH"];
}

/** Lines of --query-gpu printed again and again, as with `-l`. */
export const again = (...lines: string[]): string => `while :; do\n${lines.map((line) => `echo '${line}'`).join("\n")}\nsleep 0.3\ndone`;
