// npm run defences [-- NAME…]: takes away one defence against a fault at a time, in a copy of
// the working tree, and tells whether the test of that fault then fails, as it must. A NAME is
// a part of a fault's name; without one, all are tried.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { defences } from "../test/defences.mjs";
import { CommandFailed, run } from "./command.mjs";
import { root } from "./repository.mjs";
import { CannotGoOn, runMain } from "./setup.mjs";

/** @typedef {import("../test/defences.mjs").Defence} Defence */
/** @typedef {{ fullName: string, status: string, duration?: number | null, failureMessages: string[] }} TestResult */

/** What a test may take with every defence in place, in ms. */
const usualTimeout = 120_000;
/** Without its defence a test may take so many times as long, and so much longer in ms, before it counts as failed: it may be waiting for ever. */
const longer = { times: 3, ms: 10_000 };
/** What a whole run of vitest may take, in ms. */
const runTimeout = 600_000;

await runMain(async () => {
  const chosen = choose(process.argv.slice(2));
  const copy = copyOfWorkingTree();
  try {
    await build(copy);
    const durations = expectAllPass(chosen, copy);
    const rows = [];
    for (const defence of chosen) {
      const { bites, how } = await withoutDefence(defence, copy, (durations.get(defence) ?? 0) * longer.times + longer.ms);
      rows.push([defence.fault, defence.defence, bites ? "yes" : "NO", how]);
      console.error(`${bites ? "bites" : "DOES NOT BITE"}: ${defence.fault} (${how})`);
    }
    console.log(`\n${table([["fault", "defence", "bites", "what the test says without it"], ...rows])}`);
    process.exitCode = rows.every(([, , bites]) => bites === "yes") ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

/**
 * @param {string[]} names
 * @returns {Defence[]}
 */
function choose(names) {
  const unknown = names.filter((name) => !defences.some(({ fault }) => fault.includes(name)));
  if (unknown.length > 0) {
    throw new CannotGoOn(`There is no fault ${unknown.join(", ")}; there are:\n${defences.map(({ fault }) => `  ${fault}`).join("\n")}`);
  }
  return names.length === 0 ? [...defences] : defences.filter(({ fault }) => names.some((name) => fault.includes(name)));
}

/** All that git tracks or would track, as it lies there now, and the packages by a link. */
function copyOfWorkingTree() {
  const copy = mkdtempSync(join(tmpdir(), "baseliner-defences-"));
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  for (const path of listed.stdout.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  return copy;
}

/** @param {string} copy */
async function build(copy) {
  await run(process.execPath, ["esbuild.mjs"], { cwd: copy, quiet: true });
}

/**
 * With all defences in place every test passes; else its failing without one would tell nothing.
 * @param {Defence[]} chosen
 * @param {string} copy
 * @returns {Map<Defence, number>} How long the test of each took, in ms.
 */
function expectAllPass(chosen, copy) {
  const { results, output } = play(chosen, copy, usualTimeout);
  const durations = new Map();
  for (const defence of chosen) {
    const { file, test } = defence;
    const mine = results.filter(({ fullName }) => fullName.includes(test));
    if (mine.length === 0 || mine.some(({ status }) => status !== "passed")) {
      const found = mine.map(({ status, failureMessages }) => `${status} ${failureMessages.join("\n")}`).join("\n");
      throw new CannotGoOn(`“${test}” in ${file} does not pass with every defence in place: ${found === "" ? `there is no such test\n${output}` : found}`);
    }
    durations.set(defence, Math.max(...mine.map(({ duration }) => duration ?? 0)));
  }
  return durations;
}

/**
 * @param {Defence} defence
 * @param {string} copy
 * @param {number} withinMs
 */
async function withoutDefence(defence, copy, withinMs) {
  const before = new Map(defence.removals.map(({ file }) => [file, readFileSync(join(copy, file), "utf8")]));
  try {
    for (const { file, text, instead } of defence.removals) {
      const source = readFileSync(join(copy, file), "utf8");
      const places = source.split(text).length - 1;
      if (places !== 1) {
        throw new CannotGoOn(`${defence.fault}: ${file} holds this ${places} times, not once; say anew what its defence is:\n${text}`);
      }
      // A function, because in a text `$&` and the like would be filled in.
      writeFileSync(join(copy, file), source.replace(text, () => instead));
    }
    if (defence.built === true) {
      await build(copy).catch(brokenBy(defence));
    }
    const { results, output } = play([defence], copy, withinMs);
    if (results.length === 0) {
      throw new CannotGoOn(`${defence.fault}: without its defence nothing runs any more, which tells nothing.\n${output}`);
    }
    const failed = results.find(({ status }) => status === "failed");
    return { bites: failed !== undefined, how: failed === undefined ? "passes" : firstLine(failed.failureMessages[0] ?? "") };
  } finally {
    before.forEach((source, file) => writeFileSync(join(copy, file), source));
    if (defence.built === true) {
      await build(copy);
    }
  }
}

/**
 * @param {Defence} defence
 * @returns {(error: unknown) => never}
 */
function brokenBy({ fault }) {
  return (error) => {
    throw new CannotGoOn(`${fault}: without its defence nothing can be built, which tells nothing.\n${error instanceof CommandFailed ? error.output : String(error)}`);
  };
}

/**
 * Plays the tests of these defences and no others.
 * @param {Defence[]} chosen
 * @param {string} copy
 * @param {number} withinMs What one test may take.
 * @returns {{ results: TestResult[], output: string }}
 */
function play(chosen, copy, withinMs) {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const names = chosen.map(({ test }) => test.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const files = [...new Set(chosen.map(({ file }) => file))];
  const program = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [program, "run", "--project", "faults", ...files, "-t", `(${names.join("|")})`, `--testTimeout=${Math.round(withinMs)}`, "--reporter=json", `--outputFile=${report}`];
  const played = spawnSync(process.execPath, args, { cwd: copy, env: { ...process.env, BASELINER_BUILT: "1" }, encoding: "utf8", timeout: runTimeout, killSignal: "SIGKILL" });
  const output = `${played.stdout}${played.stderr}`;
  if (!existsSync(report)) {
    return { results: [], output };
  }
  /** @type {{ testResults: { assertionResults: TestResult[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  return { results: results.filter(({ fullName, status }) => status !== "skipped" || chosen.some(({ test }) => fullName.includes(test))), output };
}

/** @param {string} text */
function firstLine(text) {
  // So vitest tells of a test that takes too long.
  const line = text.includes("STACK_TRACE_ERROR") ? "waits for ever" : stripVTControlCharacters(text.split(/\n\s+at /)[0] ?? "").replace(/\s+/g, " ").trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ").trimEnd()).join("\n");
}
