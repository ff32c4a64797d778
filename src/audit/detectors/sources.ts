import type { SourceRole } from "../rules";
import type { SampleAudit } from "../sample";
import type { Step } from "../step";
import { originOf, shownPath } from "./origins";

const fetchers = new Set(["curl", "wget", "lynx", "w3m", "links", "gh"]);

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
  const fetched = page ?? fetchedBy(call);
  return fetched === undefined ? undefined : { role: "web", place: shownPath(fetched) };
}

/** What the first command that fetches something asks for. */
function fetchedBy(call: Step): string | undefined {
  for (const { commands } of call.shell) {
    for (const { program, words } of commands) {
      if (fetchers.has(program)) {
        return words.find(({ text }) => text.includes("://"))?.text;
      }
    }
  }
  return undefined;
}
