// npm test: everything, from a fresh clone, in one command.
//   --only lint,types,build,unit,faults,vscode,vscode-oldest,e2e   runs these suites alone
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { npm, run } from "./command.mjs";
import { root, testFolder } from "./repository.mjs";
import { CannotGoOn, ensureDependencies, missingPrograms, runMain } from "./setup.mjs";
import { canInstallSystemPackages, installSystemPackages } from "./system-packages.mjs";
import { ensureChromium } from "./vscode/chromium.mjs";
import { hasServer, installServer } from "./vscode/install.mjs";

/**
 * How a suite, or all of them, ended.
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {() => Promise<Tally>} play Runs it, printing what it has to say.
 */

const results = join(testFolder, "results");

/** What suites with an editor need, brought here while others run. @type {Promise<void> | undefined} */
let editorReady;

/** The check of types, begun while lint runs: each keeps one core busy. @type {Promise<unknown> | undefined} */
let types;

function checkTypes() {
  return npm(["run", "--silent", "types"], { cwd: root, quiet: true });
}

/** In this order: what is quick and tells most comes first. @type {Suite[]} */
const suites = [
  { name: "lint", play: () => command(() => npm(["run", "--silent", "lint"], { cwd: root })) },
  { name: "types", play: () => command(() => types ?? checkTypes()) },
  { name: "build", play: () => command(() => build(["--tests"])) },
  { name: "unit", play: () => vitest("unit") },
  { name: "faults", play: () => vitest("faults") },
  { name: "vscode", play: () => extensionHost("newest") },
  ...(hasServer("oldest") ? [{ name: "vscode-oldest", play: () => extensionHost("oldest") }] : []),
  { name: "e2e", play: endToEnd },
];

await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const chosen = choose(values.only);
  const wanted = [...missingPrograms(), ...(chosen.some(({ name }) => name === "faults") ? [...missingSshd(), ...missingSudo()] : [])];
  if (canInstallSystemPackages() && wanted.length > 0) {
    await installSystemPackages(wanted);
  }
  await ensureDependencies();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  if (chosen.some(({ name }) => name.startsWith("vscode") || name === "e2e")) {
    editorReady = bringEditors();
    // Those who wait for it hear of its failure; until then it is not unheard of.
    editorReady.catch(() => undefined);
  }
  if (chosen.some(({ name }) => name === "types")) {
    types = checkTypes();
    types.catch(() => undefined);
  }
  /** @type {Tally} */
  const all = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of chosen) {
    console.log(`\n── ${suite.name} ──`);
    const began = Date.now();
    const tally = atLeastOne(await suite.play().catch(failure));
    console.log(`${suite.name}: ${inWords(tally)} (${Math.round((Date.now() - began) / 1000)} s)`);
    all.passed += tally.passed;
    all.failed += tally.failed;
    all.skipped += tally.skipped;
  }
  process.exitCode = all.failed > 0 ? 1 : 0;
  console.log(`\n${inWords(all)}`);
});

/**
 * The suites of these names and the build that they need, or all.
 * @param {string | undefined} only
 */
function choose(only) {
  const asked = only?.split(",") ?? suites.map(({ name }) => name);
  const names = asked.every((name) => name === "lint" || name === "types") ? asked : ["build", ...asked];
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new CannotGoOn(`There is no suite ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}.`);
  }
  return suites.filter(({ name }) => names.includes(name));
}

/** Packages of a real sshd, which boxes over SSH are tested with; without it those tests are skipped and say so. */
function missingSshd() {
  return process.platform === "linux" && !existsSync("/usr/sbin/sshd") ? ["openssh-server", "openssh-client"] : [];
}

/** Packages of protected scoring, which is attacked from accounts that its tests make; without them those tests are skipped and say so. */
function missingSudo() {
  return process.platform === "linux" && process.getuid?.() === 0
    ? [...(existsSync("/usr/bin/sudo") ? [] : ["sudo"]), ...(existsSync("/usr/bin/python3") || existsSync("/usr/local/bin/python3") ? [] : ["python3"])]
    : [];
}

async function bringEditors() {
  await Promise.all([ensureChromium(), installServer("newest")]);
  if (hasServer("oldest")) {
    await installServer("oldest");
  }
}

/**
 * A command that counts as one test.
 * @param {() => Promise<unknown>} play
 * @returns {Promise<Tally>}
 */
async function command(play) {
  await play();
  return { passed: 1, failed: 0, skipped: 0 };
}

/**
 * The tests of one of vitest.config.mjs's projects.
 * @param {string} project
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Tally>}
 */
async function vitest(project, env = {}) {
  const file = join(results, `${project}.json`);
  const program = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [program, "run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const ended = await run(process.execPath, args, { cwd: root, env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
  if (!existsSync(file)) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const told = /** @type {Record<string, number>} */ (JSON.parse(readFileSync(file, "utf8")));
  const tally = {
    passed: told["numPassedTests"] ?? 0,
    failed: told["numFailedTests"] ?? 0,
    skipped: (told["numPendingTests"] ?? 0) + (told["numTodoTests"] ?? 0),
  };
  // A file that cannot be loaded has no tests to fail, and fails all the same.
  return !ended && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/**
 * @param {import("./vscode/install.mjs").ServerEdition} edition
 * @returns {Promise<Tally>}
 */
async function extensionHost(edition) {
  await editorReady;
  const { runExtensionHostTests } = await import("./vscode/extension-host-tests.mjs");
  const outcome = await runExtensionHostTests(results, edition);
  console.log(outcome.report);
  return outcome;
}

/** @returns {Promise<Tally>} */
async function endToEnd() {
  await editorReady;
  const { packageExtension } = await import("./package.mjs");
  return vitest("e2e", { BASELINER_VSIX: await packageExtension() });
}

/**
 * A suite that ran nothing has failed.
 * @param {Tally} tally
 * @returns {Tally}
 */
function atLeastOne(tally) {
  return tally.passed + tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/**
 * @param {unknown} error
 * @returns {Tally}
 */
function failure(error) {
  console.error(error instanceof Error ? error.message : error);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** @param {Tally} tally */
function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
