import { pathToFileURL } from "node:url";
import type { Evidence, Finding, Severity, Span } from "../finding";
import type { AuditedTranscript } from "./report";

const level: Readonly<Record<Severity, "error" | "warning" | "note">> = { critical: "error", high: "error", medium: "warning", low: "note", info: "note" };
/** As GitHub and others rank them. */
const securitySeverity: Readonly<Record<Severity, string>> = { critical: "9.5", high: "8.0", medium: "5.0", low: "2.0", info: "0.0" };

/**
 * What was found, as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0). A place is the event of the transcript, as a logical
 * location, and characters in its text.
 *
 * @param resolve makes a file's name an absolute path
 */
export function sarifReport(audited: readonly AuditedTranscript[], resolve: (file: string) => string): object {
  const rules = new Map<string, Finding>();
  for (const finding of audited.flatMap(({ findings }) => findings)) {
    if (!rules.has(finding.rule)) {
      rules.set(finding.rule, finding);
    }
  }
  const ids = Array.from(rules.keys());
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "baseliner",
            informationUri: "https://github.com/baseliner/baseliner",
            rules: Array.from(rules.values(), ({ rule, title, sentence, severity, detector }) => ({
              id: rule,
              shortDescription: { text: title },
              ...(sentence === undefined ? {} : { fullDescription: { text: sentence } }),
              defaultConfiguration: { level: level[severity] },
              properties: { "security-severity": securitySeverity[severity], tags: [detector] },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        artifacts: audited.map(({ file, rules: task }) => ({ location: { uri: pathToFileURL(resolve(file)).href }, properties: { rules: task === "" ? "general" : task } })),
        invocations: [{ executionSuccessful: audited.every(({ problem }) => problem === undefined), toolExecutionNotifications: audited.flatMap(({ file, problem }) => (problem === undefined ? [] : [{ level: "error", message: { text: `${file}: ${problem}` } }])) }],
        results: audited.flatMap(({ file, findings }, index) => findings.map((finding) => resultOf(finding, pathToFileURL(resolve(file)).href, index, ids.indexOf(finding.rule)))),
      },
    ],
  };
}

function resultOf({ rule, severity, status, reason, span, evidence, fingerprint, occurrences, sample }: Finding, uri: string, index: number, ruleIndex: number): object {
  return {
    ruleId: rule,
    ruleIndex,
    level: level[severity],
    message: { text: reason },
    occurrenceCount: occurrences,
    fingerprints: { "baselinerFinding/v1": fingerprint },
    locations: [locationOf(span, uri, index)],
    relatedLocations: evidence.map(({ label, span: place }: Evidence, id) => ({ id, message: { text: label }, ...locationOf(place, uri, index) })),
    properties: { status, severity, ...(sample === undefined ? {} : { sample }) },
  };
}

function locationOf({ event, eventId, start, end, quote }: Span, uri: string, index: number): object {
  return {
    physicalLocation: { artifactLocation: { uri, index }, region: { charOffset: start, charLength: end - start, snippet: { text: quote } } },
    logicalLocations: [{ name: `event ${event}`, fullyQualifiedName: eventId, kind: "event" }],
  };
}
