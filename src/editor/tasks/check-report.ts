import { formatBytes, formatScore } from "../../base";
import { checkSections, type CheckLine, type CheckSection, normalise, type Place, type Profile, type Task } from "../../tasks";
import { plain } from "./plain";
import { countLevels, type KeptResult, type KeptScoring } from "./task-results";

/** What a report is about. */
export interface ReportedCheck {
  readonly task: Task;
  readonly profileName: string;
  readonly profile: Profile;
  readonly result: KeptResult;
  /** Parts of the task that were changed since. */
  readonly changed: readonly string[];
  /** The date and time of its end, for a person. */
  readonly finished: string;
  /** Where a link to a place in the task leads. */
  readonly linkTo: (place: Place) => string;
}

const headings: Record<CheckSection, { readonly title: string; readonly tried: string }> = {
  files: { title: "Files", tried: "task.json, the instructions and the rules were read, and set against each other and against what goes to an expert." },
  box: { title: "This computer", tried: "What it has was set against what task.json asks of a box." },
  start: { title: "Starting solution", tried: "It was scored as an expert finds it, each time in a fresh workspace." },
  reference: { title: "Reference solution", tried: "It was scored with its files over those of the starting solution." },
  solutions: { title: "Broken solutions", tried: "The files that the task opens were replaced by something that is no solution. The scorer has to say what is wrong with it and leave nothing running." },
  exploits: { title: "Exploits", tried: "Known ways of cheating were scored. Each has to be invalid for the right reason, or gain nothing." },
};

const signs: Record<CheckLine["level"], string> = { ok: "✓ holds", warning: "⚠ warning", failed: "✗ failed" };

/** The report of a check as Markdown: what is to be mended first, then all that was tried. */
export function checkReport({ task, profileName, profile, result, changed, finished, linkTo }: ReportedCheck): string {
  const { lines } = result;
  const { ok, warning, failed } = countLevels(lines);
  const cell = (line: CheckLine): string => `${plain(line.text)}${line.place === undefined ? "" : ` ([${plain(`${line.place.file}:${line.place.line}`)}](${linkTo(line.place)}))`}`;
  const toMend = [...lines.filter(({ level }) => level === "failed"), ...lines.filter(({ level }) => level === "warning")];
  return [
    `# Check of ${plain(task.title)}`,
    "",
    `${plain(task.id)} · profile ${plain(profileName)} · finished ${plain(finished)} · took ${duration(result.durationMs)}`,
    "",
    `**${verdict(warning, failed)}** ${ok} ${ok === 1 ? "thing holds" : "things hold"}.`,
    "",
    ...(changed.length === 0 ? [] : [`> **Out of date.** Changed since this check: ${plain(changed.join(", "))}.`, ""]),
    ...(toMend.length === 0 ? [] : ["## To mend", ""]),
    ...toMend.flatMap((line) => [`- **${signs[line.level].slice(0, 1)} ${plain(line.subject)}:** ${cell(line)}${line.mend === undefined ? "" : `  \n  ${plain(line.mend)}`}`, ""]),
    ...scoreTable(result, profile, task.scoring.unit),
    ...checkSections.flatMap((section) => sectionTable(section, lines, cell)),
  ].join("\n");
}

function verdict(warnings: number, failed: number): string {
  if (warnings + failed === 0) {
    return "Nothing to mend.";
  }
  const said = [failed === 0 ? "" : `${failed} failed`, warnings === 0 ? "" : warnings === 1 ? "1 warning" : `${warnings} warnings`];
  return `${said.filter((text) => text !== "").join(", ")}.`;
}

function scoreTable({ scorings, reference }: KeptResult, profile: Profile, unit: string): string[] {
  const row = (name: string, kept: readonly KeptScoring[], constant: number): string[] => {
    const scores = kept.flatMap(({ score }) => score ?? []);
    if (scores.length === 0) {
      return [];
    }
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const spread = (Math.max(...scores) - Math.min(...scores)) / Math.abs(profile.reference - profile.start);
    const peaks = kept.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
    const cells = [
      name,
      formatScore(mean),
      formatScore(constant),
      normalise(mean, profile).toFixed(2),
      scores.length === 1 ? "–" : `${(spread * 100).toFixed(1)} %`,
      `${(kept.reduce((sum, { durationMs }) => sum + durationMs, 0) / kept.length / 1000).toFixed(1)} s`,
      peaks.length === 0 ? "–" : formatBytes(Math.max(...peaks)),
      String(kept.length),
    ];
    return [`| ${cells.join(" | ")} |`];
  };
  const rows = [...row("start", scorings, profile.start), ...row("reference", reference, profile.reference)];
  return rows.length === 0
    ? []
    : [
        "## Scores",
        "",
        `| | score | task\\.json | normalised | noise | time | memory | scorings |`,
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ...rows,
        "",
        `${unit === "" ? "" : `Scores are in ${plain(unit)}. `}Noise is how far apart the scores of one solution lie, as a share of the way from start to reference. Memory is the most that was in use at once.`,
        "",
      ];
}

function sectionTable(section: CheckSection, lines: readonly CheckLine[], cell: (line: CheckLine) => string): string[] {
  const own = lines.filter((line) => line.section === section);
  const { title, tried } = headings[section];
  return own.length === 0 ? [] : [`## ${title}`, "", tried, "", "| | what | what was seen |", "| --- | --- | --- |", ...own.map((line) => `| ${signs[line.level]} | ${plain(line.subject)} | ${cell(line)} |`), ""];
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
