import type { SourceRole } from "../rules";
import type { SampleAudit } from "../sample";
import type { Step } from "../step";
import { originOf, shownPath } from "./origins";

const fetchers = /^(curl|wget|lynx|w3m|links|gh)$/;

/** Where the text that a call gave back came from. */
export interface TextSource {
  readonly role: SourceRole;
  /** For a person, such as the path. */
  readonly place: string;
}

/** Where the result of a call comes from, of those places that nothing may be copied from; undefined where it may. */
export function sourceOf(sample: SampleAudit, call: Step): TextSource | undefined {
  for (const path of call.reads) {
    const origin = originOf(sample, path, ["protected", "testData", "reference"]);
    if (origin !== undefined && origin.role !== "scorer") {
      return { role: origin.role as SourceRole, place: shownPath(origin.path) };
    }
  }
  const [page] = call.fetches;
  const fetched = page ?? call.shell.flatMap(({ commands }) => commands).find(({ program }) => fetchers.test(program))?.words.find(({ text }) => /:\/\//.test(text))?.text;
  return fetched === undefined ? undefined : { role: "web", place: shownPath(fetched) };
}
