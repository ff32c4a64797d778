// npm run bench [-- NAME…]: ratios against a real alternative, measured in one run.
// Each file test/bench/NAME.bench.ts exports `bench`, which resolves with its rows.
import { mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { build } from "./build.mjs";
import { root } from "./repository.mjs";

/**
 * @typedef {object} BenchRow
 * @property {string} what
 * @property {string} ours
 * @property {string} theirs
 * @property {number} ratio Ours divided by theirs.
 */

const folder = join(root, "test", "bench");
const asked = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith(".bench.ts") && (asked.length === 0 || asked.includes(name.replace(".bench.ts", ""))));
await build();
const out = join(root, "dist", "bench");
mkdirSync(out, { recursive: true });
for (const file of files) {
  const built = join(out, file.replace(".ts", ".cjs"));
  await esbuild.build({
    entryPoints: [join(folder, file)],
    outfile: built,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["cpu-features", "*.node"],
    logLevel: "warning",
  });
  console.log(`\n${file.replace(".bench.ts", "")}`);
  /** @type {{ bench: (root: string) => Promise<BenchRow[]> }} */
  const { bench } = createRequire(import.meta.url)(built);
  for (const row of await bench(root)) {
    console.log(`  ${row.what}: ${row.ours} against ${row.theirs}, ratio ${row.ratio.toFixed(2)}`);
  }
}
