import type { AnalysisView } from "../../src/protocol";
import type { Theme } from "../shared/theme";

/** How a series is drawn, so that no two need colour to be told apart: by dashes and marks as well. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: number[];
  /** Undefined for a line without marks. */
  readonly mark: (typeof marks)[number] | undefined;
  readonly width: number;
}

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), all of them legible on light and on dark. */
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
/** On a dark background the blue is too dark. */
const darkColours = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442"];
const marks = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"] as const;
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]];

/** The line of the reference solution, in charts and beside the names of series. */
export function referenceStyle(theme: Theme): SeriesStyle {
  return { colour: theme.muted, dash: [6, 4], mark: undefined, width: 1 };
}

/** Experts are drawn in the colour of text, agents in colours of their own. */
export function seriesStyles(series: AnalysisView["series"], theme: Theme): SeriesStyle[] {
  const palette = document.body.classList.contains("vscode-light") || document.body.classList.contains("vscode-high-contrast-light") ? colours : darkColours;
  let experts = 0;
  let agents = 0;
  return series.map(({ kind }) => {
    if (kind === "expert") {
      const place = experts++;
      return { colour: theme.foreground, dash: dashes[place % dashes.length] ?? [], mark: marks[place % marks.length] ?? "circle", width: 3 };
    }
    const place = agents++;
    return { colour: palette[place % palette.length] ?? theme.accent, dash: dashes[place % dashes.length] ?? [], mark: marks[(place + 1) % marks.length] ?? "circle", width: 2 };
  });
}
