import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { random } from "./random";

const hours = 3600;
const groups = [
  { name: "human", seconds: 8 * hours },
  { name: "slow-agent", seconds: 2 * hours },
  { name: "quick-agent", seconds: 0.5 * hours },
];
/** Scores fall from 6 to 4, and a fifth of the attempts is invalid. */
const constants = { start: 6, reference: 4 };

/**
 * Writes a study of so many runs on seven tasks, each with so many attempts, as lines of JSON or as one CSV table; the same at each run.
 * @returns path of its `study.json`
 */
export function writeLargeStudy(folder: string, runs: number, attempts: number, format: "jsonl" | "csv"): string {
  mkdirSync(folder, { recursive: true });
  const next = random(11);
  const file = openSync(join(folder, `runs.${format}`), "w");
  let text = format === "csv" ? "run,task,group,limit_minutes,elapsed_seconds,score\n" : "";
  for (let run = 0; run < runs; run++) {
    const { name, seconds } = groups[run % groups.length] ?? { name: "", seconds: 0 };
    const id = `run-${String(run).padStart(6, "0")}`;
    const task = `task-${(Math.floor(run / groups.length) % 7) + 1}`;
    const skill = next.next().value;
    let at = 0;
    const log: [number, number | null][] = [];
    for (let attempt = 0; attempt < attempts; attempt++) {
      at += (next.next().value * 2 * seconds) / (attempts + 2) / 2;
      log.push([Number(at.toFixed(1)), next.next().value < 0.2 ? null : Number((6.3 - next.next().value * (1 + skill) * (1 + attempt / attempts)).toFixed(4))]);
    }
    text +=
      format === "jsonl"
        ? `${JSON.stringify({ run_id: id, task_id: task, alias: name, model: name, time_limit: seconds, attempts: log })}\n`
        : log.map(([elapsed, score]) => `${id},${task},${name},${seconds / 60},${elapsed},${score ?? ""}\n`).join("");
    if (text.length > 2 ** 20 || run + 1 === runs) {
      writeSync(file, text);
      text = "";
    }
  }
  closeSync(file);
  const tasks = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`task-${index + 1}`, { title: `Task ${index + 1}`, ...constants, direction: "min" }]));
  const path = join(folder, "study.json");
  writeFileSync(path, JSON.stringify({ format: 1, title: `${runs} runs`, sources: [{ path: `runs.${format}` }], groups: { Experts: { kind: "expert", names: ["human"] } }, tasks }));
  return path;
}
