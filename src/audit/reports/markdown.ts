import { singleLine } from "../../base";
import type { Evidence, Finding, Span } from "../finding";
import { type AuditedTranscript, countsOf, rulesText } from "./report";

/** What was found, as Markdown. Quotes stand in fences that they cannot close. */
export function markdownReport(audited: readonly AuditedTranscript[]): string {
  return ["# Audit\n", ...audited.map(transcriptSection)].join("\n");
}

function transcriptSection({ file, format, rules, events, findings, problem }: AuditedTranscript): string {
  const lines = [`## ${plain(file)}\n`, `${plain(format)}, ${events} events, by ${plain(rulesText(rules))}: ${findings.length === 0 ? "nothing found" : countsOf(findings)}.\n`];
  if (problem !== undefined) {
    lines.push(`**Not read to its end:** ${plain(problem)}\n`);
  }
  return [...lines, ...findings.map(findingSection)].join("\n");
}

function findingSection(finding: Finding): string {
  const { title, severity, status, reason, sentence, span, evidence, occurrences, sample, fingerprint } = finding;
  return [
    `### ${plain(title)}\n`,
    `**${severity}, ${status}**${occurrences > 1 ? `, ${occurrences} times` : ""}${sample === undefined ? "" : `, sample ${plain(sample)}`} · \`${fingerprint}\`\n`,
    `${plain(reason, 600)}\n`,
    ...(sentence === undefined ? [] : [`> ${plain(sentence, 600)}\n`]),
    ...[{ label: "where", span }, ...evidence].map(evidenceSection),
  ].join("\n");
}

function evidenceSection({ label, span }: Evidence): string {
  return `${label}: ${placeText(span)}\n\n${fenced(span.quote)}\n`;
}

function placeText({ event, eventId, start, end, time }: Span): string {
  return `event ${event} (${plain(eventId)}), ${start}–${end}${time === undefined ? "" : `, ${new Date(time).toISOString()}`}`;
}

/** Text that Markdown shows as it is, on one line. */
export function plain(text: string, limit = 200): string {
  return singleLine(text, limit).replace(/[\\`*_{}[\]<>#|!~&]/g, "\\$&");
}

function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.replace(/\p{Cf}|(?![\n\t])\p{Cc}/gu, "\ufffd")}\n${fence}`;
}
