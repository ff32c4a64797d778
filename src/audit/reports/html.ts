import type { Evidence, Finding } from "../finding";
import { type AuditedTranscript, countsOf } from "./report";

const style =
  "body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}pre{background:#f4f4f4;padding:.6rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}article{border-left:.3rem solid #999;padding-left:1rem;margin:1.5rem 0}.critical,.high{border-color:#b00020}.medium{border-color:#b36b00}.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}@media (prefers-color-scheme:dark){body{color:#ddd;background:#1e1e1e}pre{background:#2a2a2a}}";

/** What was found, as one page without scripts or anything from elsewhere: what is quoted can do nothing in it. */
export function htmlReport(audited: readonly AuditedTranscript[]): string {
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Audit</title><style>${style}</style></head><body>\n<h1>Audit</h1>\n${audited.map(section).join("\n")}\n</body></html>\n`;
}

function section({ file, format, events, findings, problem }: AuditedTranscript): string {
  return `<section><h2>${escaped(file)}</h2><p>${escaped(format)}, ${events} events: ${findings.length === 0 ? "nothing found" : countsOf(findings)}.</p>${problem === undefined ? "" : `<p><strong>Not read to its end:</strong> ${escaped(problem)}</p>`}\n${findings.map(article).join("\n")}</section>`;
}

function article({ title, severity, status, reason, sentence, span, evidence, occurrences, sample, fingerprint }: Finding): string {
  const about = [severity, status, ...(occurrences > 1 ? [`${occurrences} times`] : []), ...(sample === undefined ? [] : [`sample ${sample}`]), fingerprint].join(" · ");
  return `<article class="${severity}"><h3>${escaped(title)}</h3><p><small>${escaped(about)}</small></p><p>${escaped(reason)}</p>${sentence === undefined ? "" : `<blockquote>${escaped(sentence)}</blockquote>`}<div class="sides">${[{ label: "where", span }, ...evidence].map(side).join("")}</div></article>`;
}

function side({ label, span: { event, eventId, start, end, quote } }: Evidence): string {
  return `<figure><figcaption>${escaped(`${label}: event ${event} (${eventId}), ${start}–${end}`)}</figcaption><pre>${escaped(quote)}</pre></figure>`;
}

function escaped(text: string): string {
  return text.replace(/\p{Cf}|(?![\n\t])\p{Cc}/gu, "\ufffd").replace(/[&<>"']/g, (unit) => `&#${unit.charCodeAt(0)};`);
}
