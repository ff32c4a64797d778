import type { ShellCommand } from "../code/shell";

/** A command as one line for patterns of rules: the program without its folder, variables filled in, quotes gone. */
export function commandLine({ program, words }: ShellCommand): string {
  return [program, ...words.map(({ text }) => text)].join(" ").slice(0, 4000);
}
