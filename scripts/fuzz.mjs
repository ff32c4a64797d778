// node scripts/fuzz.mjs [SECONDS [FIRST-SEED]]: audits mutated transcripts, one seed after the other. An audit that throws, hangs or
// takes more than bounded memory ends with its seed; those that took the most time for each character are listed.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import * as esbuild from "esbuild";
import { root } from "./repository.mjs";
import { runMain } from "./setup.mjs";

/** @typedef {import("../test/support/fuzz-worker").FuzzedSeed} FuzzedSeed */

/** What an audit of some thousand characters may take, in MB and in ms. */
const memory = 512;
const longest = 60_000;
const shown = 10;
/** Shorter transcripts take what it takes to begin. Characters. */
const short = 20_000;

await runMain(async () => {
  const [seconds, first] = [Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 0)];
  const program = await build();
  const until = Date.now() + seconds * 1000;
  /** @type {FuzzedSeed[]} */
  const slowest = [];
  const failed = [];
  let worker = start(program);
  let seed = first;
  for (; Date.now() < until; seed++) {
    const fuzzed = await audited(worker, seed);
    if (typeof fuzzed === "string") {
      failed.push(`seed ${seed}: ${fuzzed}`);
      console.log(failed.at(-1));
      await worker.terminate();
      worker = start(program);
      continue;
    }
    if (fuzzed.error !== undefined) {
      failed.push(`seed ${seed}: ${fuzzed.error}`);
      console.log(failed.at(-1));
    }
    slowest.push(fuzzed);
    slowest.sort((one, other) => forEach(other) - forEach(one)).splice(shown);
  }
  await worker.terminate();
  console.log(`${seed - first} mutated transcripts audited, from seed ${first} on: ${failed.length} failed.`);
  for (const { seed: one, name, units, seconds: took } of slowest) {
    console.log(`  seed ${one}, ${name}: ${took.toFixed(2)} s for ${units} characters`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
});

/** Seconds for each character. @param {FuzzedSeed} fuzzed */
function forEach({ seconds, units }) {
  return seconds / Math.max(short, units);
}

/** @returns {Promise<string>} */
async function build() {
  const folder = join(root, "dist", "fuzz");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, "fuzz-worker.mjs");
  await esbuild.build({
    entryPoints: [join(root, "test", "support", "fuzz-worker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["vitest", "cpu-features", "*.node"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return outfile;
}

/** @param {string} program */
function start(program) {
  return new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: memory } });
}

/**
 * What became of a seed, or why the thread came to no end with it.
 *
 * @param {Worker} worker
 * @param {number} seed
 * @returns {Promise<FuzzedSeed | string>}
 */
async function audited(worker, seed) {
  worker.removeAllListeners();
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`no end within ${longest / 1000} s`), longest);
    const settle = (/** @type {FuzzedSeed | string} */ outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    worker.on("message", settle);
    worker.on("error", (error) => settle(String(error)));
    worker.on("exit", () => settle("the thread ended"));
    worker.postMessage(seed);
  });
}
