import { element } from "../dom";
import { paletteColour, type TerminalRun, terminalRuns, type TerminalStyle } from "./ansi";
import type { TextMap } from "./text-map";

/** Text with its terminal colours, in those of the theme. */
export function terminal(text: string, offset: number, map: TextMap): Node[] {
  return terminalRuns(text).flatMap((run) => styled(run, offset, map));
}

function styled({ start, text, style }: TerminalRun, offset: number, map: TextMap): Node[] {
  const nodes = map.nodes(text, offset + start);
  if (Object.values(style).every((value) => value === undefined)) {
    return nodes;
  }
  const span = element("span", { class: classes(style) }, ...nodes);
  const [foreground, background] = style.inverse === true ? [style.background, style.foreground] : [style.foreground, style.background];
  // Text in the colour of what is behind it would be there and not be seen.
  if (foreground !== undefined && foreground !== background) {
    span.style.color = colour(foreground);
  }
  if (background !== undefined) {
    span.style.backgroundColor = colour(background);
    if (foreground === undefined || foreground === background) {
      span.classList.add("on-colour");
    }
  }
  return [span];
}

function classes(style: TerminalStyle): string {
  const names = (["bold", "dim", "italic", "underline", "strike", "inverse"] as const).filter((name) => style[name] === true);
  return ["terminal", ...names].join(" ");
}

const themed = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"];

function colour(value: number | string): string {
  if (typeof value === "string") {
    return value;
  }
  return value < 16 ? `var(--vscode-terminal-ansi${value >= 8 ? "Bright" : ""}${themed[value % 8] ?? ""})` : paletteColour(value);
}
