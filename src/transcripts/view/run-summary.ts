import type { EventColumns } from "./columns";
import { type CountedSample, countedSamples, type SampleSummary, withUsage } from "./sample-summaries";
import { quantile } from "./quantile";
import { eventsBetweenRests, type Sliced } from "./slices";
import type { UsageSum } from "./usage-meter";
import type { NamedUsage, UsageTotals } from "./usage-totals";

/** A run in numbers: what it took, and how its samples, tools and agents fared. */
export interface RunSummary {
  readonly events: number;
  readonly problems: number;
  /** ms from when something began to be done to the last event; undefined where there are no times. */
  readonly took: number | undefined;
  readonly usage: UsageSum;
  readonly models: readonly NamedUsage[];
  readonly agents: readonly NamedUsage[];
  readonly samples: readonly SampleSummary[];
  readonly tools: readonly ToolSummary[];
}

export interface ToolSummary {
  readonly name: string;
  readonly calls: number;
  readonly failed: number;
  /** ms from calls to results, of those that have times. */
  readonly took: number | undefined;
  /** Of these: what half of them did not exceed, and 95 % of them, and which result came last after its call. */
  readonly times: { readonly median: number; readonly percentile95: number; readonly longest: number; readonly longestAt: number } | undefined;
}

/** What scorers ask models for stands under this name. */
export const scorerName = "scorer";
/** More of anything is not listed. */
const mostRows = 2000;

/** Goes through all events. */
export function* runSummary(columns: EventColumns, totals: UsageTotals): Sliced<RunSummary> {
  const all = yield* countedSamples(columns);
  return {
    events: columns.count,
    problems: columns.problems.length,
    took: tookOf(columns, all),
    usage: totals.all,
    models: yield* totals.byModel(),
    agents: yield* totals.byAgent(scorerName),
    samples: yield* withUsage(all, totals),
    tools: yield* toolsOf(columns),
  };
}

/** ms from when the first sample began to do something until the last event of any. What stands outside of samples counts where there are none. */
function tookOf(columns: EventColumns, samples: readonly CountedSample[]): number | undefined {
  const named = samples.filter(({ name }) => name !== "");
  const spans = (named.length > 0 ? named : samples).flatMap(({ took, last }) => (took === undefined ? [] : [{ end: columns.times.at(last), took }]));
  return spans.length === 0 ? undefined : spans.reduce((end, span) => Math.max(end, span.end), -Infinity) - spans.reduce((begin, { end, took }) => Math.min(begin, end - took), Infinity);
}

function* toolsOf(columns: EventColumns): Sliced<ToolSummary[]> {
  const failures = new Set<number>();
  const found: { calls: number; failed: number; times: number[]; longest: number; longestAt: number }[] = [];
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    if (ordinal % eventsBetweenRests === 0) {
      yield;
    }
    const kind = columns.kind(ordinal);
    if ((kind !== "tool-call" && kind !== "tool-result") || columns.has(ordinal, "isRepeat")) {
      continue;
    }
    const tool = (found[columns.tools.at(ordinal)] ??= { calls: 0, failed: 0, times: [], longest: -1, longestAt: -1 });
    if (kind === "tool-call") {
      tool.calls++;
      continue;
    }
    const call = columns.calls.at(ordinal);
    // A call may have several results.
    if (columns.has(ordinal, "isError") && !(call >= 0 && failures.has(call))) {
      tool.failed++;
      failures.add(call);
    }
    const took = call < 0 ? NaN : columns.times.at(ordinal) - columns.times.at(call);
    if (took >= 0) {
      tool.times.push(took);
      if (took > tool.longest) {
        tool.longest = took;
        tool.longestAt = ordinal;
      }
    }
  }
  const listed = found
    .map((tool, number) => ({ ...tool, name: columns.toolNames.names[number] ?? "" }))
    .filter(({ calls, failed }) => calls + failed > 0)
    .sort((one, other) => other.calls - one.calls)
    .slice(0, mostRows);
  const tools: ToolSummary[] = [];
  for (const { name, calls, failed, times, longest, longestAt } of listed) {
    const values = Float64Array.from(times);
    const isTimed = times.length > 0;
    tools.push({
      ...{ name, calls, failed },
      took: isTimed ? times.reduce((sum, time) => sum + time, 0) : undefined,
      times: isTimed ? { median: yield* quantile(values, 0.5), percentile95: yield* quantile(values, 0.95), longest, longestAt } : undefined,
    });
  }
  return tools;
}
