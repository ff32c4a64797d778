// Runs the tests of this folder inside an editor's extension host, whichever
// editor that is, and leaves their outcome where BASELINER_TEST_RESULTS says.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

export async function run(): Promise<void> {
  // Kept together: an extension host's console is full of the editor's own lines.
  const report: string[] = [];
  Mocha.reporters.Base.consoleLog = (...words: unknown[]) => report.push(format(...words));
  const mocha = new Mocha({ ui: "bdd", color: false, timeout: 30_000, reporter: "spec" });
  const files = readdirSync(__dirname).filter((name) => name.endsWith(".test.js"));
  for (const file of files.sort()) {
    mocha.addFile(join(__dirname, file));
  }
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => {
      resolve(runner.stats);
    });
  });
  const outcome = { passed: stats?.passes ?? 0, failed: stats?.failures ?? 0, skipped: stats?.pending ?? 0, report: report.join("\n") };
  console.log(outcome.report);
  const results = process.env["BASELINER_TEST_RESULTS"];
  if (results !== undefined) {
    writeFileSync(results, JSON.stringify(outcome));
  }
  if (outcome.failed > 0 || outcome.passed === 0) {
    throw new Error(`${outcome.failed} tests failed, ${outcome.passed} passed.`);
  }
}
