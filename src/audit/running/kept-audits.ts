import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { once, sha256, sha256OfFile, writeFileDurably } from "../../base";
import type { TranscriptAudit } from "../audit-transcript";
import { severities } from "../finding";
import type { RuleSet } from "../rule-set";

/** So many audits are kept; those that were not looked at for longest go first. */
const mostKept = 200;

const span = once(() => z.object({ event: z.number(), eventId: z.string(), time: z.number().optional(), start: z.number(), end: z.number(), quote: z.string() }));
const keptAudit = once(() =>
  z.object({
    format: z.string(),
    events: z.number(),
    findings: z.array(
      z.object({
        fingerprint: z.string(),
        rule: z.string(),
        title: z.string(),
        detector: z.string(),
        severity: z.enum(severities),
        status: z.enum(["attempted", "succeeded"]),
        reason: z.string(),
        sentence: z.string().optional(),
        sample: z.string().optional(),
        span: span(),
        evidence: z.array(z.object({ label: z.string(), span: span() })),
        occurrences: z.number(),
      }),
    ),
  }),
);

/** What audits found, by the content of the transcript, the rules and the program that looked: the same is not looked for twice. */
export class KeptAudits {
  private program: Promise<string> | undefined;

  /**
   * @param folder made where it is missing
   * @param worker path of the program that audits
   */
  constructor(
    private readonly folder: string,
    private readonly worker: string,
  ) {}

  /** A name for the audit of a transcript by rules. @param content what tells the transcript's content from any other */
  async keyOf(content: string, rules: RuleSet): Promise<string> {
    this.program ??= sha256OfFile(this.worker).then(({ sha256: hash }) => hash);
    return sha256(JSON.stringify([content, rules, await this.program]));
  }

  /** What was kept; undefined where nothing was, or it cannot be read. */
  async read(key: string): Promise<TranscriptAudit | undefined> {
    const file = this.file(key);
    try {
      const kept = keptAudit().parse(JSON.parse(await readFile(file, "utf8")));
      await utimes(file, new Date(), new Date());
      return { ...kept, findings: kept.findings.map((finding) => ({ ...finding, sentence: finding.sentence, sample: finding.sample })), problem: undefined };
    } catch {
      return undefined;
    }
  }

  /** Keeps an audit that came to its end. A full disk keeps none, which costs only time. */
  async keep(key: string, { format, events, findings }: TranscriptAudit): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFileDurably(this.file(key), JSON.stringify({ format, events, findings }));
      await this.removeOld();
    } catch {
      // It is audited anew the next time.
    }
  }

  private file(key: string): string {
    return join(this.folder, `${key}.json`);
  }

  private async removeOld(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(".json"));
    if (names.length <= mostKept) {
      return;
    }
    const times = await Promise.all(names.map(async (name) => [name, (await stat(join(this.folder, name))).mtimeMs] as const));
    times.sort(([, one], [, other]) => one - other);
    await Promise.all(times.slice(0, names.length - mostKept).map(([name]) => rm(join(this.folder, name), { force: true })));
  }
}
