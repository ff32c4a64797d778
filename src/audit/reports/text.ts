import { singleLine } from "../../base";
import type { Finding } from "../finding";
import { type AuditedTranscript, countsOf, rulesText } from "./report";

/** What was found in one transcript, for a terminal. All quotes are on one line and without control characters. */
export function textReport({ file, rules, findings, events, problem }: AuditedTranscript): string {
  const head = `${singleLine(file)}: ${findings.length === 0 ? "nothing found" : countsOf(findings)} in ${events} events, by ${rulesText(rules)}${problem === undefined ? "" : `; ${singleLine(problem, 400)}`}\n`;
  return head + findings.map(findingText).join("");
}

function findingText({ severity, status, title, rule, reason, sentence, span, evidence, occurrences, sample, fingerprint }: Finding): string {
  const lines = [
    `  ${severity} · ${status} · ${singleLine(title)} (${rule})`,
    `    ${singleLine(reason, 400)}`,
    ...(sentence === undefined ? [] : [`    rule: ${singleLine(sentence, 300)}`]),
    `    event ${span.event}${sample === undefined ? "" : ` of ${singleLine(sample, 60)}`}, ${span.start}–${span.end}: ${singleLine(span.quote, 160)}${occurrences > 1 ? ` (${occurrences} times)` : ""}`,
    `    fingerprint: ${fingerprint}`,
    ...evidence.map(({ label, span: place }) => `    ${label}: event ${place.event}, ${place.start}–${place.end}: ${singleLine(place.quote, 160)}`),
  ];
  return `${lines.join("\n")}\n`;
}
