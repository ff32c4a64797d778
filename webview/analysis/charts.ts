import { BarController, BarElement, CategoryScale, Chart, type ChartConfiguration, type ChartDataset, Filler, LinearScale, LineController, LineElement, LogarithmicScale, type Plugin, PointElement, ScatterController, Tooltip } from "chart.js";
import { drawPoint } from "chart.js/helpers";
import type { AnalysisCharts, AnalysisDot, AnalysisLine, AnalysisView } from "../../src/protocol";
import { currentTheme, type Theme } from "../shared/theme";
import { referenceStyle, type SeriesStyle, seriesStyles } from "./series-style";

Chart.register(BarController, BarElement, CategoryScale, Filler, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController, Tooltip);

/** A point that knows what it shows. */
interface Point {
  x: number;
  y: number;
  text?: string;
  run?: number;
  step?: number;
}

/** What charts are drawn with. */
export interface Drawing {
  readonly view: AnalysisView;
  readonly charts: AnalysisCharts;
  /** Whether the axes of time are logarithmic. */
  readonly isLogarithmic: boolean;
  /** Opens a run where its score rose (the place among its steps), or where it reached its result. */
  readonly openRun: (run: number, step?: number) => void;
}

/** A piece of a series' line with its mark, as charts draw them. */
export function drawSample({ colour, dash, mark, width }: SeriesStyle): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = "sample";
  const dense = window.devicePixelRatio;
  canvas.width = 36 * dense;
  canvas.height = 14 * dense;
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.scale(dense, dense);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(0, 7);
    context.lineTo(36, 7);
    context.stroke();
    context.setLineDash([]);
    if (mark !== undefined) {
      drawPoint(context, { pointStyle: mark, radius: 4, borderWidth: 1.5 }, 18, 7);
    }
  }
  return canvas;
}

/** Mean score so far over working time, with single runs behind it where one task is shown. */
export function drawTrajectories(canvas: HTMLCanvasElement, drawing: Drawing): Chart {
  const { charts, view } = drawing;
  const theme = currentTheme();
  const styles = seriesStyles(view.series, theme);
  const single = charts.lines.map((run): ChartDataset<"scatter", Point[]> => {
    const style = styles[run.series];
    return { data: run.steps.map(([x, y], step) => ({ x, y, text: `${run.name}: ${y.toFixed(3)} at ${hours(x)}`, run: run.run, step })), showLine: true, stepped: "before", borderColor: faded(style?.colour, 0.25), borderWidth: 1, pointRadius: 1.5, pointBackgroundColor: faded(style?.colour, 0.5), pointBorderWidth: 0, order: 5 };
  });
  return lineChart(canvas, drawing, charts.trajectories, single, "working time", theme, styles);
}

/** Score so far, and the best of as many runs as fit, over total time. */
export function drawTotals(canvas: HTMLCanvasElement, drawing: Drawing): Chart {
  const theme = currentTheme();
  return lineChart(canvas, drawing, drawing.charts.totals, [], "total time", theme, seriesStyles(drawing.view.series, theme));
}

function lineChart(canvas: HTMLCanvasElement, { view, isLogarithmic, openRun }: Drawing, lines: readonly AnalysisLine[], behind: ChartDataset<"scatter", Point[]>[], xTitle: string, theme: Theme, styles: readonly SeriesStyle[]): Chart {
  const usable = lines.map(({ series, points }) => ({ series, points: isLogarithmic ? points.filter(({ x }) => x > 0) : points }));
  const highest = Math.max(1, ...usable.flatMap(({ points }) => points.map((point) => point.high ?? point.y)), ...behind.flatMap(({ data }) => data.map(({ y }) => y)));
  const datasets = usable.flatMap(({ series, points }): ChartDataset<"scatter", Point[]>[] => {
    const style = styles[series];
    const label = view.series[series]?.label ?? "";
    const band = points.filter(({ low, high }) => low !== null && high !== null);
    const edge = { showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 0, order: 4 };
    return [
      { ...edge, data: band.map(({ x, low }) => ({ x, y: low ?? 0 })), fill: false },
      { ...edge, data: band.map(({ x, high }) => ({ x, y: high ?? 0 })), fill: "-1", backgroundColor: faded(style?.colour, 0.15) },
      {
        label,
        data: points.map(({ x, y, low, high, note }) => ({ x, y, text: `${label}${note === "" ? "" : `, ${note}`}: ${y.toFixed(3)}${low === null || high === null ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`} at ${hours(x)}` })),
        showLine: true,
        borderColor: style?.colour ?? theme.foreground,
        borderWidth: style?.width ?? 2,
        borderDash: style?.dash ?? [],
        clip: { left: 0, top: 8, right: 8, bottom: 8 },
        pointStyle: style?.mark ?? "circle",
        pointRadius: points.map(({ note }) => (note === "" ? 0 : 4)),
        pointHitRadius: 6,
        pointBackgroundColor: style?.colour ?? theme.foreground,
        pointBorderColor: style?.colour ?? theme.foreground,
        order: 1,
      },
    ];
  });
  const most = Math.max(0, ...usable.flatMap(({ points }) => points.map(({ x }) => x))) || 1;
  // A quarter of the shortest run, so that something is to be seen of it.
  const least = Math.min(0.5, ...usable.flatMap(({ points }) => points.slice(-1).map(({ x }) => x / 4)));
  const axis = axisOf(theme);
  const xAxis = isLogarithmic
    ? { ...axis, type: "logarithmic" as const, min: least, max: most, ticks: { ...axis.ticks, autoSkip: false, callback: (value: number | string) => hours(Number(value)) }, afterBuildTicks: (scale: { ticks: { value: number }[] }) => (scale.ticks = doublings(least, most)) }
    : { ...axis, type: "linear" as const, min: 0, max: most, ticks: { ...axis.ticks, callback: (value: number | string) => hours(Number(value)) } };
  const configuration: ChartConfiguration<"scatter", Point[]> = {
    type: "scatter",
    data: { datasets: [...behind, ...datasets] },
    options: {
      ...shared(openRun),
      scales: { x: { ...xAxis, title: axisTitle(xTitle, theme) }, y: { ...axis, min: 0, max: roundedUp(highest), title: axisTitle("normalised score", theme) } },
    },
    plugins: [referenceLine(theme)],
  };
  return new Chart(canvas, configuration);
}

/** Results of runs by task: a box from quartile to quartile with its median for each series, and runs as dots. */
export function drawBoxes(canvas: HTMLCanvasElement, { view, charts, openRun }: Drawing): Chart {
  const theme = currentTheme();
  const styles = seriesStyles(view.series, theme);
  const tasks = Array.from(new Set(charts.boxes.map(({ task }) => task)));
  const shownSeries = Array.from(new Set(charts.boxes.map(({ series }) => series))).sort((one, other) => one - other);
  const width = 0.8 / Math.max(1, shownSeries.length);
  const place = (task: string, series: number): number => tasks.indexOf(task) + (shownSeries.indexOf(series) - (shownSeries.length - 1) / 2) * width;
  const dots = shownSeries.map((series): ChartDataset<"scatter", Point[]> => {
    const style = styles[series];
    const own = charts.dots.filter((run) => run.series === series);
    return { label: view.series[series]?.label ?? "", data: own.map((run) => dot(run, place(run.task, series), width)), pointStyle: style?.mark ?? "circle", pointRadius: own.length > 200 ? 1.5 : 3, pointBackgroundColor: faded(style?.colour, 0.6), pointBorderColor: faded(style?.colour, 0.9), pointBorderWidth: 1 };
  });
  const highest = Math.max(1, ...charts.boxes.map((box) => box.highest));
  const axis = axisOf(theme);
  const boxes: Plugin<"scatter"> = {
    id: "boxes",
    beforeDatasetsDraw({ ctx, scales }) {
      const { x, y } = scales;
      if (x === undefined || y === undefined) {
        return;
      }
      ctx.save();
      for (const box of charts.boxes) {
        const style = styles[box.series];
        const left = x.getPixelForValue(place(box.task, box.series) - width * 0.38);
        const right = x.getPixelForValue(place(box.task, box.series) + width * 0.38);
        const [lower, median, upper] = box.quartiles.map((score) => y.getPixelForValue(score));
        if (lower === undefined || median === undefined || upper === undefined) {
          continue;
        }
        ctx.strokeStyle = style?.colour ?? theme.foreground;
        ctx.fillStyle = faded(style?.colour, 0.12);
        ctx.lineWidth = 1;
        ctx.fillRect(left, upper, right - left, lower - upper);
        ctx.strokeRect(left, upper, right - left, lower - upper);
        ctx.lineWidth = 2.5;
        ctx.beginPath();
        ctx.moveTo(left, median);
        ctx.lineTo(right, median);
        ctx.stroke();
      }
      ctx.restore();
    },
  };
  const titles = new Map(view.tasks.map(({ name, title }) => [name, title]));
  const configuration: ChartConfiguration<"scatter", Point[]> = {
    type: "scatter",
    data: { datasets: dots },
    options: {
      ...shared(openRun),
      scales: {
        x: { ...axis, type: "linear", min: -0.5, max: tasks.length - 0.5, grid: { display: false }, ticks: { ...axis.ticks, autoSkip: tasks.length > 12, maxRotation: tasks.length > 4 ? 40 : 0, callback: (value) => titles.get(tasks[Number(value)] ?? "") ?? "" }, afterBuildTicks: (scale) => (scale.ticks = tasks.map((_, index) => ({ value: index }))) },
        y: { ...axis, min: 0, max: roundedUp(highest), title: axisTitle("normalised score", theme) },
      },
    },
    plugins: [boxes, referenceLine(theme)],
  };
  return new Chart(canvas, configuration);
}

/** A run's dot, off the middle by its name, so that equal results do not cover each other. */
function dot(run: AnalysisDot, middle: number, width: number): Point {
  const shift = ((run.run * 7919) % 101) / 101 - 0.5;
  return { x: middle + shift * width * 0.6, y: run.result, text: `${run.name}: ${run.result.toFixed(3)}`, run: run.run };
}

/** Attempts per hour, with intervals. */
export function drawRates(canvas: HTMLCanvasElement, { view, charts }: Drawing): Chart {
  const theme = currentTheme();
  const styles = seriesStyles(view.series, theme);
  const axis = axisOf(theme);
  const whiskers: Plugin<"bar"> = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const x = chart.scales["x"];
      chart.ctx.save();
      chart.ctx.strokeStyle = theme.foreground;
      for (const [index, bar] of chart.getDatasetMeta(0).data.entries()) {
        const rate = charts.rates[index];
        if (x !== undefined && rate !== undefined && rate.low !== null && rate.high !== null) {
          chart.ctx.beginPath();
          chart.ctx.moveTo(x.getPixelForValue(rate.low), bar.y);
          chart.ctx.lineTo(x.getPixelForValue(rate.high), bar.y);
          chart.ctx.stroke();
        }
      }
      chart.ctx.restore();
    },
  };
  const configuration: ChartConfiguration<"bar", number[], string> = {
    type: "bar",
    data: {
      labels: charts.rates.map(({ series }) => view.series[series]?.label ?? ""),
      datasets: [{ data: charts.rates.map(({ value }) => value), backgroundColor: charts.rates.map(({ series }) => faded(styles[series]?.colour, 0.6)), borderColor: charts.rates.map(({ series }) => styles[series]?.colour ?? theme.foreground), borderWidth: 1, maxBarThickness: 26 }],
    },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      scales: { x: { ...axis, min: 0, title: axisTitle("attempts per hour", theme), suggestedMax: Math.max(0, ...charts.rates.map(({ value, high }) => high ?? value)) }, y: { ...axis, grid: { display: false } } },
      plugins: { tooltip: { displayColors: false, callbacks: { label: ({ dataIndex }) => rateText(charts.rates[dataIndex]) } } },
    },
    plugins: [whiskers],
  };
  return new Chart(canvas, configuration);
}

function rateText(rate: AnalysisCharts["rates"][number] | undefined): string {
  return rate === undefined ? "" : `${rate.value.toFixed(1)}${rate.low === null || rate.high === null ? "" : ` [${rate.low.toFixed(1)}, ${rate.high.toFixed(1)}]`} · ${rate.n} runs`;
}

function shared(openRun: Drawing["openRun"]) {
  return {
    animation: false as const,
    maintainAspectRatio: false,
    layout: { padding: { top: 12, right: 10 } },
    interaction: { mode: "nearest" as const, intersect: true },
    plugins: { tooltip: { displayColors: false, filter: (item: { raw: unknown }) => (item.raw as Point).text !== undefined, callbacks: { label: (item: { raw: unknown }) => (item.raw as Point).text ?? "" } } },
    onClick: (_event: unknown, elements: readonly { datasetIndex: number; index: number }[], chart: Chart) => {
      const points = elements.map(({ datasetIndex, index }) => chart.data.datasets[datasetIndex]?.data[index] as Point | undefined);
      const point = points.find((one) => one?.run !== undefined);
      if (point?.run !== undefined) {
        openRun(point.run, point.step);
      }
    },
  };
}

function axisOf(theme: Theme) {
  return { ticks: { color: theme.muted, font: { family: theme.font } }, grid: { color: theme.grid, lineWidth: 0.3 }, border: { color: theme.grid } };
}

function axisTitle(text: string, theme: Theme) {
  return { display: true, text, color: theme.muted, font: { family: theme.font } };
}

/** Draws the line of the reference. It is named beside the charts, where the name covers nothing. */
function referenceLine(theme: Theme): Plugin<"scatter"> {
  const { colour, dash } = referenceStyle(theme);
  return {
    id: "reference",
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      const height = scales["y"]?.getPixelForValue(1);
      if (height === undefined) {
        return;
      }
      ctx.save();
      ctx.strokeStyle = colour;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, height);
      ctx.lineTo(chartArea.right, height);
      ctx.stroke();
      ctx.restore();
    },
  };
}

function doublings(from: number, to: number): { value: number }[] {
  const ticks: { value: number }[] = [];
  for (let value = 2 ** Math.ceil(Math.log2(from) - 1e-9); value <= to * 1.001; value *= 2) {
    ticks.push({ value });
  }
  return ticks;
}

function roundedUp(value: number): number {
  const step = value > 3 ? 0.5 : 0.2;
  return Math.ceil((value + 0.05) / step) * step;
}

function hours(value: number): string {
  return value < 1 ? `${Number((value * 60).toFixed(1))} min` : `${Number(value.toFixed(2))} h`;
}

/** A colour of the palette or the theme with less than full weight. */
function faded(colour: string | undefined, weight: number): string {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour ?? "");
  if (hex !== null) {
    const [red, green, blue] = hex.slice(1).map((part) => Number.parseInt(part, 16));
    return `rgba(${red ?? 0}, ${green ?? 0}, ${blue ?? 0}, ${weight})`;
  }
  return `color-mix(in srgb, ${colour ?? "gray"} ${Math.round(weight * 100)}%, transparent)`;
}
