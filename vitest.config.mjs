import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

/** Files of few lines that take long, because they wait, or play what lies elsewhere. */
const longOnes = ["tasks/exploits", "faults/ssh-box", "faults/local-box", "tasks/endpoints"].map((name) => `/test/${name}.test.ts`);

/** Vitest takes large files first, which end latest as it guesses; these come before them, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  /**
   * @override
   * @type {BaseSequencer["sort"]}
   */
  async sort(files) {
    const sorted = await super.sort(files);
    const isLong = (/** @type {import("vitest/node").TestSpecification} */ { moduleId }) => longOnes.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Suites that start real processes and editors run few files at a time; unit tests run side by side. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // What ends a test that hangs, also where it gives way to everything else.
          testTimeout: 120_000,
          // On two cores, one file at a time would leave one of them idle.
          maxWorkers: "100%",
          // Loading the code under test anew for each file took as long as the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: "faults",
          globalSetup: ["test/support/build.ts"],
          include: ["test/faults/**/*.test.ts", "test/tasks/**/*.test.ts"],
          testTimeout: 240_000,
          // Three files at a time: some of them wait for processes and networks while others compute.
          maxWorkers: 3,
          isolate: false,
        },
      },
      {
        test: {
          name: "e2e",
          globalSetup: ["test/e2e/install.ts"],
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Two editors at a time keep two cores busy; more would miss clicks.
          maxWorkers: 2,
          // One browser for all files that a worker plays, each in profiles of its own.
          isolate: false,
          // What was not seen in time is looked for once more, in a new window: on a busy computer VS Code may draw a list anew under
          // a click. What was seen and is wrong fails at once. What passes this way is told of with what was not seen.
          retry: { count: 1, condition: /^Not seen: |Timeout \d+ms exceeded/ },
        },
      },
    ],
  },
});
