// A solution that is better scores better: the record that scripts/better-solutions.mjs makes.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository } from "../support/build";

interface Scoring {
  readonly score: number | null;
  readonly processorSeconds?: number;
}

interface Measured {
  readonly version: string;
  readonly start: readonly Scoring[];
  readonly better: readonly Scoring[];
  readonly reference: readonly Scoring[];
}

interface Task {
  readonly version: string;
  readonly scoring: { readonly direction: "min" | "max" };
  readonly profiles: { readonly cpu: { readonly start: number; readonly reference: number } };
}

const { tasks: measured } = JSON.parse(readFileSync(join(repository, "test", "records", "better-solutions.json"), "utf8")) as { tasks: Record<string, Measured> };
const names = readdirSync(join(repository, "tasks"));

/** Where computers that are busy take longer for the same, what counts is the processor's time. */
const timed = new Set(["optimize-llm-foundry"]);

test("every task of the repository was measured", () => {
  expect(Object.keys(measured).sort()).toEqual(names.sort());
});

describe.each(names)("%s", (name) => {
  const task = JSON.parse(readFileSync(join(repository, "tasks", name, "task.json"), "utf8")) as Task;
  const { cpu } = task.profiles;
  const normalised = (scorings: readonly Scoring[]): number[] =>
    scorings.map(({ score, processorSeconds }) => ((timed.has(name) ? Math.log(processorSeconds ?? Number.NaN) : (score ?? Number.NaN)) - cpu.start) / (cpu.reference - cpu.start));

  test("has scores in the order of what the solutions are worth, in every scoring", () => {
    const { start, better, reference } = measured[name] as Measured;
    const worst = (values: readonly number[]): number => Math.min(...values);
    const best = (values: readonly number[]): number => Math.max(...values);
    expect(Math.min(start.length, better.length, reference.length)).toBeGreaterThanOrEqual(3);
    expect(best(normalised(start))).toBeLessThan(worst(normalised(better)));
    expect(best(normalised(better))).toBeLessThan(worst(normalised(reference)));
  });

  // What is timed is a matter of the computer and of what else it does: the README of the task has the figures of a quiet one.
  test.skipIf(name === "optimize-kernel" || timed.has(name))("has constants that were measured, with noise small against the way between them", () => {
    const { start, reference } = measured[name] as Measured;
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
    expect(mean(normalised(start))).toBeCloseTo(0, 1);
    expect(mean(normalised(reference))).toBeCloseTo(1, 1);
    expect(spread(normalised(start))).toBeLessThan(0.1);
    expect(spread(normalised(reference))).toBeLessThan(0.15);
  });
});
