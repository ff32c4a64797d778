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

/** One run as a dot among the results, which a click opens. */
export interface AnalysisDot {
  /** Its place among all runs of the study. */
  readonly run: number;
  readonly name: string;
  readonly task: string;
  readonly series: number;
  readonly result: number;
}

/** One run as a thin line behind the trajectories. */
export interface AnalysisRunLine {
  readonly run: number;
  readonly name: string;
  readonly series: number;
  /** Hours and scores of its steps. */
  readonly steps: readonly (readonly [number, number])[];
}

/** A page of the table of runs. */
export interface AnalysisRunPage {
  readonly task: string;
  /** What their names, tasks or groups have in common; empty for all. */
  readonly query: string;
  /** Place of the first row among those that were found. */
  readonly from: number;
  readonly found: number;
  readonly rows: readonly { readonly run: number; readonly cells: readonly string[] }[];
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
  /** Some of the runs where they are many: of each series on each task as many as of any other, or all that it has, spread evenly over their results. */
  readonly dots: readonly AnalysisDot[];
  readonly runCount: number;
  /** Some of the runs whose score log is known, where one task is shown. */
  readonly lines: readonly AnalysisRunLine[];
  readonly lineCount: number;
}

/** From the extension to the panel. */
export type ToAnalysis =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "problem"; readonly text: string }
  | { readonly type: "analysis"; readonly view: AnalysisView; readonly charts: AnalysisCharts }
  | { readonly type: "charts"; readonly charts: AnalysisCharts }
  | { readonly type: "runs"; readonly page: AnalysisRunPage };

/** From the panel to the extension; `ready` comes first. */
export type FromAnalysis =
  | { readonly type: "ready" }
  | { readonly type: "reload" }
  | { readonly type: "showTask"; readonly task: string }
  /** A page of the table of runs. */
  | { readonly type: "listRuns"; readonly task: string; readonly query: string; readonly from: number }
  /** Stops reading and computing. */
  | { readonly type: "cancel" }
  /** `step`: which of the run's rises; without one its result. */
  | { readonly type: "openRun"; readonly run: number; readonly step: number | undefined }
  | { readonly type: "save"; readonly format: AnalysisExport };

/** What the figures can be saved as. */
export const analysisExports = ["csv", "json", "svg", "png"] as const;
export type AnalysisExport = (typeof analysisExports)[number];

/** Reads a message from the panel; undefined for anything else. */
export function parseFromAnalysis(message: unknown): FromAnalysis | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) {
    return undefined;
  }
  const { type } = message;
  if (type === "ready" || type === "reload" || type === "cancel") {
    return { type };
  }
  if (type === "showTask" && "task" in message && typeof message.task === "string") {
    return { type, task: message.task };
  }
  if (type === "listRuns" && "task" in message && typeof message.task === "string" && "query" in message && typeof message.query === "string" && "from" in message && typeof message.from === "number") {
    return { type, task: message.task, query: message.query, from: message.from };
  }
  if (type === "openRun" && "run" in message && typeof message.run === "number") {
    return { type, run: message.run, step: "step" in message && typeof message.step === "number" ? message.step : undefined };
  }
  if (type === "save" && "format" in message) {
    const format = analysisExports.find((one) => one === message.format);
    return format === undefined ? undefined : { type, format };
  }
  return undefined;
}
