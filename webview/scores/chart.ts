import { Chart, type ChartDataset, LinearScale, LineController, LineElement, PointElement, ScatterController, Tooltip } from "chart.js";
import type { ScoreRow, ScoresView } from "../../src/protocol";
import { currentTheme, type Theme } from "../shared/theme";

Chart.register(LinearScale, LineController, LineElement, PointElement, ScatterController, Tooltip);

const hour = 3_600_000;

interface ScorePoint {
  x: number;
  y: number;
  row?: ScoreRow;
}

/** Best so far as a step line and every attempt as a dot (hollow where invalid), over hours of working time. */
export class ScoresChart {
  readonly element: HTMLElement;
  private readonly canvas = document.createElement("canvas");
  private chart: Chart<"scatter", ScorePoint[]> | undefined;

  constructor(
    private readonly view: ScoresView,
    private readonly openAttempt: (attempt: number) => void,
  ) {
    this.element = document.createElement("div");
    this.element.className = "chart";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", summary(view));
    this.element.append(this.canvas);
  }

  /** Draws into the element, which must be in the page by now. */
  draw(): void {
    const theme = currentTheme();
    const limit = this.view.limitMs / hour;
    const level = (y: number): ScorePoint[] => [{ x: 0, y }, { x: limit, y }];
    const line = { showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 1 };
    const datasets: ChartDataset<"scatter", ScorePoint[]>[] = [
      { label: "Attempts", data: attemptPoints(this.view), ...dots(theme.accent, theme.background), clip: 8, order: 0 },
      { label: "Best so far", data: bestLine(this.view), ...line, borderWidth: 2, borderColor: theme.accent, stepped: "before", order: 1 },
      { label: "Reference", data: level(1), ...line, borderColor: theme.foreground, borderDash: [6, 4], order: 2 },
      { label: "Start", data: level(0), ...line, borderColor: theme.muted, borderDash: [2, 3], order: 2 },
    ];
    const highest = Math.max(1, ...this.view.rows.map((row) => row.normalised ?? 0));
    const step = highest > 3 ? 0.5 : 0.2;
    const top = Math.ceil((highest + 0.05) / step) * step;
    const axis = { ticks: { color: theme.muted, font: { family: theme.font } }, grid: { color: theme.grid, lineWidth: 0.3 }, border: { color: theme.grid } };
    this.chart = new Chart<"scatter", ScorePoint[]>(this.canvas, {
      type: "scatter",
      data: { datasets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        layout: { padding: { top: 14, right: 8 } },
        scales: {
          x: { ...axis, min: 0, max: limit, title: title("hours of work", theme), ticks: { ...axis.ticks, stepSize: 1 } },
          y: {
            ...axis,
            min: -0.05,
            max: top,
            title: title("normalised score", theme),
            ticks: { ...axis.ticks, callback: (value) => Number(value).toFixed(1) },
            afterBuildTicks: (scale) => {
              scale.ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => ({ value: index * step }));
            },
          },
        },
        plugins: { tooltip: { displayColors: false, filter: (item) => item.datasetIndex === 0, callbacks: { label: (item) => labels(item.raw) } } },
        onClick: (_event, elements) => {
          const hit = elements.find((element) => element.datasetIndex === 0);
          const row = hit === undefined ? undefined : datasets[0]?.data[hit.index]?.row;
          if (row !== undefined) {
            this.openAttempt(row.attempt);
          }
        },
      },
      plugins: [levelLabels(theme.muted, theme.font)],
    });
  }

  dispose(): void {
    this.chart?.destroy();
  }
}

function title(text: string, theme: Theme) {
  return { display: true, text, color: theme.muted, font: { family: theme.font } };
}

/** Valid attempts are filled, invalid ones hollow and on the line of the start. */
function dots(accent: string, background: string) {
  const row = (raw: unknown): ScoreRow | undefined => (raw as ScorePoint | undefined)?.row;
  return {
    pointRadius: 4,
    pointHoverRadius: 6,
    pointBorderWidth: 1.5,
    pointBorderColor: accent,
    pointBackgroundColor: (context: { raw: unknown }) => (row(context.raw)?.valid === true ? accent : background),
  };
}

function attemptPoints(view: ScoresView): ScorePoint[] {
  return view.rows.map((row) => ({ x: (row.elapsedMs ?? 0) / hour, y: row.normalised ?? 0, row }));
}

function bestLine(view: ScoresView): ScorePoint[] {
  const steps = view.rows.filter((row) => row.best !== null).map((row) => ({ x: (row.elapsedMs ?? 0) / hour, y: row.best ?? 0 }));
  const last = steps.at(-1);
  return last === undefined ? [] : [...steps, { x: Math.max(last.x, view.elapsedMs / hour), y: last.y }];
}

function labels(raw: unknown): string[] {
  const row = (raw as ScorePoint | undefined)?.row;
  return row === undefined ? [] : [`Attempt ${row.attempt} · ${row.time}`, row.normalised === null ? row.note : `${row.normalised.toFixed(2)} (${row.score}) ${row.note}`];
}

/** Names the lines of the reference and the start at their right ends. */
function levelLabels(color: string, font: string) {
  return {
    id: "levelLabels",
    afterDatasetsDraw(chart: Chart) {
      const { ctx, chartArea, scales } = chart;
      const y = scales["y"];
      if (y === undefined) {
        return;
      }
      ctx.save();
      ctx.fillStyle = color;
      ctx.font = `11px ${font}`;
      ctx.textAlign = "right";
      for (const [text, value] of [["reference", 1], ["start", 0]] as const) {
        ctx.fillText(text, chartArea.right - 4, y.getPixelForValue(value) - 4);
      }
      ctx.restore();
    },
  };
}

function summary(view: ScoresView): string {
  const best = view.rows.at(-1)?.best;
  return `${view.rows.length} attempts; best normalised score ${best === null || best === undefined ? "none yet" : best.toFixed(2)}. The table below holds the same.`;
}
