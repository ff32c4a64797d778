import { type EventColumns, type ShownKind, shownKinds } from "./columns";

/** A name and how many events have it. */
export interface Facet {
  readonly name: string;
  readonly count: number;
}

/** What events can be filtered by, most frequent first. */
export interface Facets {
  readonly kinds: readonly { readonly kind: ShownKind; readonly count: number }[];
  readonly agents: readonly Facet[];
  readonly tools: readonly Facet[];
  readonly samples: readonly Facet[];
  readonly branches: readonly Facet[];
  readonly repeats: number;
}

/** More names than this are not listed. */
const maxNames = 500;

export function facetsOf(columns: EventColumns): Facets {
  const kinds = shownKinds.map(() => 0);
  let repeats = 0;
  const agents = counter(columns.agentNames.names);
  const tools = counter(columns.toolNames.names);
  const samples = counter(columns.sampleNames.names);
  const branches = counter(columns.branchNames.names);
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    const kind = columns.kinds.at(ordinal);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    repeats += columns.has(ordinal, "isRepeat") ? 1 : 0;
    agents.add(columns.agents.at(ordinal));
    tools.add(columns.tools.at(ordinal));
    samples.add(columns.samples.at(ordinal));
    branches.add(columns.branches.at(ordinal));
  }
  const inOrder = samples.list().sort((one, other) => columns.sampleNames.names.indexOf(one.name) - columns.sampleNames.names.indexOf(other.name));
  return { kinds: shownKinds.map((kind, index) => ({ kind, count: kinds[index] ?? 0 })).filter(({ count }) => count > 0), agents: agents.list(), tools: tools.list(), samples: inOrder, branches: branches.list(), repeats };
}

function counter(names: readonly string[]): { add(number: number): void; list(): Facet[] } {
  const counts = new Float64Array(names.length);
  return {
    add: (number) => {
      counts[number] = (counts[number] ?? 0) + 1;
    },
    list: () =>
      Array.from(counts, (count, number) => ({ name: names[number] ?? "", count }))
        .filter(({ name, count }) => name !== "" && count > 0)
        .sort((one, other) => other.count - one.count)
        .slice(0, maxNames),
  };
}
