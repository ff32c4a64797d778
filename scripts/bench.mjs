// npm run bench [-- NAME…]: ratios against a real alternative, measured in one run.
// Each file test/bench/NAME.bench.ts exports `bench`, which resolves with its rows, and may
// export `programs`: what it measures against, as the packages of Debian that bring it.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import * as esbuild from "esbuild";
import { build } from "./build.mjs";
import { onPath } from "./command.mjs";
import { root } from "./repository.mjs";
import { CannotGoOn, runMain } from "./setup.mjs";
import { canInstallSystemPackages, installSystemPackages } from "./system-packages.mjs";

/**
 * @typedef {object} BenchRow
 * @property {string} what
 * @property {string} ours
 * @property {string} theirs
 * @property {number} ratio Ours divided by theirs.
 * @property {number} [target] The most that the ratio may be.
 * @property {string} [note]
 */

const folder = join(root, "test", "bench");

await runMain(async () => {
  const all = readdirSync(folder).filter((name) => name.endsWith(".bench.ts")).map((name) => name.replace(".bench.ts", ""));
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new CannotGoOn(`There is no benchmark ${unknown.join(", ")}; there are ${all.join(", ")}.`);
  }
  await build();
  for (const name of asked.length === 0 ? all : asked) {
    const { bench, programs } = await load(name);
    console.log(`\n${name}`);
    const missing = Object.entries(programs ?? {}).filter(([program]) => !(isAbsolute(program) ? existsSync(program) : onPath(program))).map(([, debian]) => debian);
    if (missing.length > 0 && canInstallSystemPackages()) {
      await installSystemPackages([...new Set(missing)]);
    } else if (missing.length > 0) {
      throw new CannotGoOn(`The benchmark ${name} measures against ${missing.join(", ")}: install that first.`);
    }
    for (const row of await bench(root)) {
      print(row);
    }
  }
});

/**
 * @param {string} name
 * @returns {Promise<{ bench: (root: string) => Promise<BenchRow[]>, programs?: Record<string, string> }>}
 */
async function load(name) {
  const out = join(root, "dist", "bench");
  mkdirSync(out, { recursive: true });
  const built = join(out, `${name}.bench.cjs`);
  await esbuild.build({
    entryPoints: [join(folder, `${name}.bench.ts`)],
    outfile: built,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["cpu-features", "*.node"],
    logLevel: "warning",
  });
  return createRequire(import.meta.url)(built);
}

/** @param {BenchRow} row */
function print({ what, ours, theirs, ratio, target, note }) {
  const verdict = target === undefined ? "" : ratio <= target ? `, target ${target.toFixed(2)} met` : `, target ${target.toFixed(2)} MISSED`;
  console.log(`  ${what}: ${ours} against ${theirs}, ratio ${ratio.toFixed(2)}${verdict}${note === undefined ? "" : `\n      ${note}`}`);
}
