import { type ChartBar, type ChartBox, type ChartLine, chartsOf } from "./charts";
import type { Analysis } from "./figures";
import { countText } from "./number-text";

const panelWidth = 620;
const panelHeight = 374;
/** More series than these are not named below the charts. */
const mostNamed = 60;
const margin = { left: 56, right: 24, top: 34, bottom: 60 };
const innerWidth = panelWidth - margin.left - margin.right;
const innerHeight = panelHeight - margin.top - margin.bottom;

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), experts in black; with dashes, so that none is needed. */
const expertColour = "#000000";
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 2"];

/** Charts of a whole study as one SVG picture: trajectories, score@k against total time, results by task, attempts per hour. */
export function analysisSvg(analysis: Analysis): string {
  const charts = chartsOf(analysis, "");
  const style = (series: number): Style => styleOf(analysis, series);
  const legendHeight = 24 + 18 * Math.ceil(Math.min(mostNamed + 1, analysis.series.length) / 3);
  const panels = [
    lineChart("Score so far", "hours of work", charts.trajectories, style, false),
    lineChart("Best of as many runs as fit", "total hours", charts.totals, style, true),
    boxChart(
      "Results by task",
      charts.boxes,
      new Map(analysis.tasks.map(({ name, title }) => [name, title])),
      style,
    ),
    barChart("Attempts per hour", charts.rates, style),
  ];
  const height = 2 * panelHeight + legendHeight + 30;
  const placed = panels.map((content, index) => `<g transform="translate(${(index % 2) * panelWidth} ${30 + Math.floor(index / 2) * panelHeight})">${content}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * panelWidth}" height="${height}" viewBox="0 0 ${2 * panelWidth} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(margin.left, 20, analysis.title || "Normalised scores", 'font-size="15" font-weight="600"')}
${placed.join("\n")}
<g transform="translate(0 ${2 * panelHeight + 42})">${legend(analysis, style)}</g>
</svg>
`;
}

interface Style {
  readonly colour: string;
  readonly dash: string;
  readonly width: number;
  readonly label: string;
}

function styleOf({ series }: Analysis, place: number): Style {
  const one = series[place];
  const among = series.slice(0, place).filter(({ kind }) => kind === one?.kind).length;
  const isExpert = one?.kind === "expert";
  return {
    colour: isExpert && among === 0 ? expertColour : (colours[among % colours.length] ?? expertColour),
    dash: dashes[among % dashes.length] ?? "",
    width: isExpert ? 2.5 : 1.8,
    label: one?.label ?? "",
  };
}

/** A scale and its ticks. */
interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

function linearAxis(highest: number, length: number): Axis {
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => highest / one <= 8) ?? highest / 8;
  const top = Math.max(step, Math.ceil(highest / step - 1e-9) * step);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => ({ value: index * step, label: String(Number((index * step).toFixed(2))) }));
  return { place: (value) => (value / top) * length, ticks };
}

/** An axis of minutes, for values in hours. */
function inMinutes({ place, ticks }: Axis): Axis {
  return { place: (value) => place(60 * value), ticks: ticks.map(({ value, label }) => ({ value: value / 60, label })) };
}

/** Halves and doubles of an hour. */
function timeAxis(lowest: number, highest: number, length: number): Axis {
  const from = Math.floor(Math.log2(Math.max(lowest, 1 / 16)));
  const to = Math.max(from + 1, Math.ceil(Math.log2(highest) - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => {
    const value = 2 ** (from + index);
    return { value, label: value < 1 ? `${Number((value * 60).toFixed(2))} min` : `${value} h` };
  });
  return { place: (value) => ((Math.log2(Math.max(value, 2 ** from)) - from) / (to - from)) * length, ticks };
}

function lineChart(title: string, xTitle: string, lines: readonly ChartLine[], style: (series: number) => Style, isLogarithmic: boolean): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) {
    return frame(title, "", nothing);
  }
  const xs = points.map(({ x }) => x).filter((x) => x > 0);
  const longest = Math.max(...xs);
  const x = isLogarithmic ? timeAxis(Math.min(...xs), longest, innerWidth) : longest < 1 ? inMinutes(linearAxis(60 * longest, innerWidth)) : linearAxis(longest, innerWidth);
  const y = linearAxis(Math.max(1, ...points.map((point) => point.high ?? point.y)), innerHeight);
  const at = (value: { x: number }, score: number): string => `${x.place(value.x).toFixed(1)} ${(innerHeight - y.place(score)).toFixed(1)}`;
  const drawn = lines.map(({ series, points: own }) => {
    const { colour, dash, width, label } = style(series);
    const banded = own.filter(({ low, high }) => low !== null && high !== null);
    const band = banded.length < 2 ? "" : `<path d="M${[...banded.map((point) => at(point, point.high ?? 0)), ...banded.toReversed().map((point) => at(point, point.low ?? 0))].join("L")}Z" fill="${colour}" opacity="0.12"/>`;
    const marks = own.map((point) => (point.note === "" && own.length > 12 ? "" : `<circle cx="${x.place(point.x).toFixed(1)}" cy="${(innerHeight - y.place(point.y)).toFixed(1)}" r="2.5" fill="${colour}"/>`));
    return `<g><title>${escaped(label)}</title>${band}<path d="M${own.map((point) => at(point, point.y)).join("L")}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>${marks.join("")}</g>`;
  });
  return frame(title, isLogarithmic || longest >= 1 ? xTitle : xTitle.replace("hours", "minutes"), `${axes(x, y, "normalised score")}${level(y, 1, "reference")}${drawn.join("")}`);
}

function boxChart(title: string, boxes: readonly ChartBox[], titles: ReadonlyMap<string, string>, style: (series: number) => Style): string {
  const tasks = Array.from(new Set(boxes.map(({ task }) => task)));
  if (tasks.length === 0 || boxes.length > 400) {
    return frame(title, "", tasks.length === 0 ? nothing : text(innerWidth / 2, innerHeight / 2, `${boxes.length} distributions are too many for one picture`, 'text-anchor="middle"'));
  }
  const y = linearAxis(Math.max(1, ...boxes.map(({ highest }) => highest)), innerHeight);
  const slot = innerWidth / tasks.length;
  const drawn = tasks.map((task, index) => {
    const own = boxes.filter((box) => box.task === task);
    const width = Math.min(28, (slot - 8) / own.length);
    const left = index * slot + (slot - width * own.length) / 2;
    const glyphs = own.map(({ series, lowest, quartiles: [lower, median, upper], highest, n }, place) => {
      const { colour, label } = style(series);
      const middle = left + width * (place + 0.5);
      const high = (score: number): string => (innerHeight - y.place(score)).toFixed(1);
      return `<g stroke="${colour}"><title>${escaped(`${label}: ${countText(n)} runs, median ${median.toFixed(3)}`)}</title><path d="M${middle.toFixed(1)} ${high(lowest)}V${high(highest)}"/><rect x="${(middle - width * 0.35).toFixed(1)}" y="${high(upper)}" width="${(width * 0.7).toFixed(1)}" height="${Math.max(1, y.place(upper) - y.place(lower)).toFixed(1)}" fill="#ffffff"/><path stroke-width="2.5" d="M${(middle - width * 0.35).toFixed(1)} ${high(median)}h${(width * 0.7).toFixed(1)}"/></g>`;
    });
    return `${glyphs.join("")}${linesOf(titles.get(task) ?? task, slot / 6.6)
      .map((line, number) => text(index * slot + slot / 2, innerHeight + 15 + 13 * number, line, 'text-anchor="middle" font-size="11"'))
      .join("")}`;
  });
  return frame(title, "", `${axes({ place: () => 0, ticks: [] }, y, "normalised score")}${drawn.join("")}${level(y, 1, "reference")}`);
}

function barChart(title: string, bars: readonly ChartBar[], style: (series: number) => Style): string {
  if (bars.length === 0) {
    return frame(title, "", nothing);
  }
  const x = linearAxis(Math.max(...bars.map(({ value, high }) => high ?? value)), innerWidth);
  const slot = innerHeight / bars.length;
  const drawn = bars.map(({ series, value, low, high, n }, index) => {
    const { colour, label } = style(series);
    const thickness = Math.min(22, slot * 0.5);
    const top = index * slot + slot / 2 - thickness / 2 + 6;
    const whisker = low === null || high === null ? "" : `<path stroke="#222" d="M${x.place(low).toFixed(1)} ${top + thickness / 2}H${x.place(high).toFixed(1)}"/>`;
    return `<rect x="0" y="${top.toFixed(1)}" width="${x.place(value).toFixed(1)}" height="${thickness.toFixed(1)}" fill="${colour}" opacity="0.75"/>${whisker}${text(4, top - 4, `${shortened(label, 60)}: ${value.toFixed(1)} (${countText(n)} ${n === 1 ? "run" : "runs"})`, 'font-size="11"')}`;
  });
  return frame(title, "attempts per hour", `${axes(x, { place: () => 0, ticks: [] }, "")}${drawn.join("")}`);
}

const nothing = text(innerWidth / 2, innerHeight / 2, "No score log is known", 'text-anchor="middle" fill="#666"');

function frame(title: string, xTitle: string, content: string): string {
  return `${text(margin.left, 20, title, 'font-weight="600"')}<g transform="translate(${margin.left} ${margin.top})">${content}</g>${text(margin.left + innerWidth / 2, panelHeight - 24, xTitle, 'text-anchor="middle" fill="#555"')}`;
}

function axes(x: Axis, y: Axis, yTitle: string): string {
  const columns = x.ticks.map(({ value, label }) => `<path stroke="#ddd" d="M${x.place(value).toFixed(1)} 0V${innerHeight}"/>${text(x.place(value), innerHeight + 16, label, 'text-anchor="middle" fill="#555"')}`);
  const rows = y.ticks.map(({ value, label }) => `<path stroke="#ddd" d="M0 ${(innerHeight - y.place(value)).toFixed(1)}H${innerWidth}"/>${text(-6, innerHeight - y.place(value) + 4, label, 'text-anchor="end" fill="#555"')}`);
  return `${columns.join("")}${rows.join("")}<text transform="translate(-40 ${innerHeight / 2}) rotate(-90)" text-anchor="middle" fill="#555">${escaped(yTitle)}</text>`;
}

function level(y: Axis, value: number, label: string): string {
  const height = innerHeight - y.place(value);
  return `<path stroke="#555" stroke-dasharray="6 4" d="M0 ${height.toFixed(1)}H${innerWidth}"/>${text(innerWidth - 4, height - 4, label, 'text-anchor="end" fill="#555" font-size="11" paint-order="stroke" stroke="#ffffff" stroke-width="3"')}`;
}

function legend(analysis: Analysis, style: (series: number) => Style): string {
  const more = analysis.series.length - mostNamed;
  return analysis.series
    .slice(0, mostNamed + 1)
    .map((_, place) => {
      const { colour, dash, width, label } = style(place);
      const left = margin.left + (place % 3) * 380;
      const top = Math.floor(place / 3) * 18;
      if (place === mostNamed) {
        return text(left, top + 4, `and ${more} more`, "");
      }
      return `<path stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}" d="M${left} ${top}h30"/>${text(left + 38, top + 4, shortened(label, 52), "")}`;
    })
    .join("");
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`;
}

/** A name in up to three lines of so many characters, broken between words. */
function linesOf(name: string, units: number): string[] {
  const lines: string[] = [];
  for (const word of name.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length > 0 && longer.length <= units) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  const last = lines.slice(2).join(" ");
  return [...lines.slice(0, 2), ...(last === "" ? [] : [last])].map((line) => shortened(line, units));
}

function shortened(label: string, units: number): string {
  return label.length <= units ? label : `${label.slice(0, Math.max(1, Math.floor(units) - 1))}…`;
}

/** Names come from files that may be anyone's. */
function escaped(content: string): string {
  return content
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
