/** What the Analysis panel shows of a study, whatever task is chosen. */
export interface AnalysisView {
  readonly title: string;
  /** How the figures were made, in one line. */
  readonly method: string;
  readonly series: readonly { readonly label: string; readonly kind: "expert" | "agent" }[];
  readonly tasks: readonly { readonly name: string; readonly title: string }[];
  /** What runs with violations change; one line each. */
  readonly violations: readonly string[];
  /** What is not in the figures, or is in another way than it was read; equal reasons once, with how many there are. */
  readonly remarks: readonly { readonly isLeftOut: boolean; readonly count: number; readonly reason: string; readonly places: readonly string[] }[];
}

/** A point of a line; `x` in hours. */
export interface AnalysisPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly note: string;
}

/** A line of the series at this place of the view. */
export interface AnalysisLine {
  readonly series: number;
  readonly points: readonly AnalysisPoint[];
}

/** One run, which a click opens. */
export interface AnalysisRun {
  /** Its place among all runs of the study. */
  readonly run: number;
  readonly name: string;
  readonly task: string;
  readonly series: number;
  readonly result: number;
  /** Cells of its row in the table of runs. */
  readonly cells: readonly string[];
  /** Hours and scores of its steps; empty where the log is not known or all tasks are shown. */
  readonly steps: readonly (readonly [number, number])[];
}

/** The charts and tables of all tasks together (`task` empty) or of one. */
export interface AnalysisCharts {
  readonly task: string;
  readonly trajectories: readonly AnalysisLine[];
  readonly totals: readonly AnalysisLine[];
  readonly rates: readonly { readonly series: number; readonly value: number; readonly low: number | null; readonly high: number | null; readonly n: number }[];
  readonly boxes: readonly { readonly series: number; readonly task: string; readonly n: number; readonly lowest: number; readonly quartiles: readonly [number, number, number]; readonly highest: number }[];
  /** The table of figures: its head, and a row for each series. */
  readonly figures: readonly (readonly string[])[];
  readonly runs: readonly AnalysisRun[];
  /** How many runs there are, of which `runs` are some. */
  readonly runCount: number;
}

/** From the extension to the panel. */
export type ToAnalysis =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "problem"; readonly text: string }
  | { readonly type: "analysis"; readonly view: AnalysisView; readonly charts: AnalysisCharts }
  | { readonly type: "charts"; readonly charts: AnalysisCharts };

/** From the panel to the extension; `ready` comes first. */
export type FromAnalysis =
  | { readonly type: "ready" }
  | { readonly type: "reload" }
  | { readonly type: "showTask"; readonly task: string }
  | { readonly type: "openRun"; readonly run: number }
  | { readonly type: "save"; readonly format: "csv" | "json" | "svg" }
  /** `png` is base64. */
  | { readonly type: "savePicture"; readonly png: string };

/** Reads a message from the panel; undefined for anything else. */
export function parseFromAnalysis(message: unknown): FromAnalysis | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) {
    return undefined;
  }
  const { type } = message;
  if (type === "ready" || type === "reload") {
    return { type };
  }
  if (type === "showTask" && "task" in message && typeof message.task === "string") {
    return { type, task: message.task };
  }
  if (type === "openRun" && "run" in message && typeof message.run === "number") {
    return { type, run: message.run };
  }
  if (type === "save" && "format" in message && (message.format === "csv" || message.format === "json" || message.format === "svg")) {
    return { type, format: message.format };
  }
  if (type === "savePicture" && "png" in message && typeof message.png === "string") {
    return { type, png: message.png };
  }
  return undefined;
}
