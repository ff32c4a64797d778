import { singleLine } from "../../base";

/** Text that means nothing in Markdown, on one line: what a solution, a task or a box says may be hostile. */
export function plain(text: string): string {
  return singleLine(text, 1000).replace(/[\\`*_{}[\]()#+\-.!|<>~&:$]/g, "\\$&");
}
