import { type ByteGraph, conditions } from "./byte-graph";

/** What stands where no byte does: before the text and behind it. */
export const edgeOfText = 256;

const lineFeed = 0x0a;

/** All but the first byte of a character in UTF-8 are from here to below there. */
const [firstContinuing, behindContinuing] = [0x80, 0xc0] as const;

/** How an automaton reads. */
export interface Reading {
  /** Whether each line is a text of its own, with a line feed for its edge. */
  readonly isByLine: boolean;
  /** Whether the text is read from its end to its beginning. The longest match counts then, and otherwise the one that RE2 prefers. */
  readonly isBackwards: boolean;
}

/** Set in what a cell holds where a match ends before the byte that leads there. */
const isMatch = 1 << 31;
/** Set besides where it is not known yet what follows: the rest is the address of the cell itself. */
const isUnknown = 1 << 30;
/** The address of a state, or of a cell, in what a cell holds. */
export const addressBits = isUnknown - 1;

/** Stands in a state for the beginning of a match anywhere from there on. */
const anywhere = -1;

/** So many cells, of 4 bytes, has the table of an automaton at most. */
export const maxCells = 2 ** 18;
/** States that are kept name so many nodes, or a few states more. */
const maxNodes = 2 ** 20;

/** What conditions tell apart of what stands on either side of a place. */
const kinds = { other: 0, word: 1, lineFeed: 2, edge: 3 } as const;
type Kind = (typeof kinds)[keyof typeof kinds];

interface State {
  /** Where in the graph what was read leads to, what is preferred first. */
  readonly nodes: readonly number[];
  /** What was read last. */
  readonly last: Kind;
}

/**
 * Reads a text byte by byte, in one step each however many ways the graph has: a state is all places in the graph that what was read may
 * lead to. States are made when something leads there for the first time; when they do not fit into the table any more it begins anew,
 * so that memory is bounded, and time linear in the text, whatever the expression.
 *
 * `cells[(state + classes[byte]) >> 2]` is the state that follows. Where it is negative, {@link resolve} tells what it means. State 0 is
 * left by no byte, and nothing matches from there on.
 */
export class Automaton {
  /** By byte, and by `edgeOfText`: how far behind the address of a state its cell lies. Bytes that no state tells apart have the same. */
  readonly classes = new Uint16Array(edgeOfText + 1);
  /** The table. Another one after `resolve`, perhaps, and to be set where its memory was moved. */
  cells: Int32Array;
  /** One of the bytes of each class, or `edgeOfText`. */
  private readonly symbols: readonly number[];
  private readonly kindOf: Uint8Array;
  private readonly maxStates: number;
  private states: State[] = [];
  private nodes = 0;
  private readonly addresses = new Map<string, number>();
  /** States to begin in, by what is beside and whether it is there; -1 where not made yet. */
  private readonly beginnings = new Int32Array(8);
  /** At which turn each node was come by last, and was taken into the state that is made. */
  private readonly passed: Int32Array;
  private readonly taken: Int32Array;
  private turn = 0;

  /** @param cells memory for the table, all that it gets; without it the table grows as it has to */
  constructor(
    private readonly graph: ByteGraph,
    private readonly reading: Reading,
    cells?: Int32Array,
  ) {
    const isAsked = graph.edges.some((leaving) => leaving.some((edge) => edge.conditions !== 0));
    this.kindOf = Uint8Array.from(this.classes, (_, symbol) => (isAsked ? kind(symbol, reading.isByLine) : kinds.other));
    this.symbols = this.classify();
    this.cells = cells ?? new Int32Array(8 * this.symbols.length);
    this.maxStates = Math.floor((cells?.length ?? maxCells) / this.symbols.length);
    this.passed = new Int32Array(graph.edges.length);
    this.taken = new Int32Array(graph.edges.length);
    this.empty();
  }

  /**
   * The state to begin in.
   *
   * @param beside what stands beside the first byte, on the side that is not read: a byte or `edgeOfText`
   * @param isHere whether a match begins right there, or anywhere from there on
   */
  begin(beside: number, isHere: boolean): number {
    const last = this.kindOf[beside] as Kind;
    const index = last * 2 + (isHere ? 1 : 0);
    if ((this.beginnings[index] as number) < 0) {
      this.beginnings[index] = this.stateOf([isHere ? this.graph.start : anywhere], last);
    }
    return this.beginnings[index] as number;
  }

  /**
   * What a negative cell means. It is negative still where a match ends before the byte that was read; its {@link addressBits} are the
   * state that follows then.
   *
   * @param others what other cells held that are in use; states may get other addresses
   */
  resolve(cell: number, others?: Int32Array): number {
    if ((cell & isUnknown) === 0) {
      return cell;
    }
    const { state, symbol } = this.cellAt(cell & addressBits);
    const { nodes, last, isMatched } = this.after(state, this.symbols[symbol] as number);
    const isFull = this.states.length === this.maxStates || this.nodes > maxNodes;
    if (isFull) {
      this.beginAnew(others);
    }
    const next = this.stateOf(nodes, last) | (isMatched ? isMatch : 0);
    if (!isFull) {
      this.cells[(cell & addressBits) >> 2] = next;
    }
    return next;
  }

  private get stateBytes(): number {
    return this.symbols.length * 4;
  }

  private cellAt(address: number): { state: State; symbol: number } {
    return { state: this.states[Math.floor(address / this.stateBytes)] as State, symbol: (address % this.stateBytes) >> 2 };
  }

  /** Gives bytes that lead to the same from everywhere one class. */
  private classify(): readonly number[] {
    const { isByLine } = this.reading;
    // A line feed that is an edge belongs to no other class.
    const begins = new Set([0, ...(isByLine ? [lineFeed + 1] : []), firstContinuing, behindContinuing]);
    for (const { bytes } of this.graph.edges.flat()) {
      if (bytes !== undefined) {
        begins.add(bytes[0]).add(bytes[1] + 1);
      }
    }
    const symbols: number[] = [];
    for (let byte = 0; byte < edgeOfText; byte++) {
      if (isByLine && byte === lineFeed) {
        continue;
      }
      if (begins.has(byte) || this.kindOf[byte] !== this.kindOf[byte - 1]) {
        symbols.push(byte);
      }
      this.classes[byte] = (symbols.length - 1) * 4;
    }
    this.classes[edgeOfText] = (symbols.push(edgeOfText) - 1) * 4;
    if (isByLine) {
      this.classes[lineFeed] = this.classes[edgeOfText];
    }
    return symbols;
  }

  /** What a byte, or the edge of the text, leads to from a state, and whether a match ends before it. */
  private after({ nodes, last }: State, symbol: number): State & { readonly isMatched: boolean } {
    const { isByLine, isBackwards } = this.reading;
    const now = this.kindOf[symbol] as Kind;
    const holds = isBackwards ? conditionsBetween(now, last) : conditionsBetween(last, now);
    const following: number[] = [];
    let isMatched = false;
    this.turn++;
    const isWithin = firstContinuing <= symbol && symbol < behindContinuing;
    for (const node of nodes) {
      // Nothing begins within a character.
      isMatched = ((node !== anywhere || !isWithin) && this.follow(node === anywhere ? this.graph.start : node, holds, symbol, following)) || isMatched;
      if (isMatched && !isBackwards) {
        // What comes later is preferred less.
        break;
      }
      if (node === anywhere) {
        following.push(anywhere);
      }
    }
    if (symbol === edgeOfText) {
      return { nodes: isByLine && following.at(-1) === anywhere ? [anywhere] : [], last: now, isMatched };
    }
    return { nodes: isBackwards ? following.sort((one, other) => one - other) : following, last: now, isMatched };
  }

  /** Adds where a byte leads to from a node, in the order of preference; whether the end of a match was come by, behind which nothing is added. */
  private follow(from: number, holds: number, symbol: number, following: number[]): boolean {
    const { edges, final } = this.graph;
    const { turn, passed, taken } = this;
    let isMatched = false;
    const open = [from];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (passed[node] === turn) {
        continue;
      }
      passed[node] = turn;
      if (node === final) {
        isMatched = true;
        if (!this.reading.isBackwards) {
          return true;
        }
      }
      const leaving = edges[node] ?? [];
      for (let index = leaving.length - 1; index >= 0; index--) {
        const { to, bytes, conditions: asked } = leaving[index] as (typeof leaving)[number];
        if (bytes === undefined) {
          if ((asked & ~holds) === 0) {
            open.push(to);
          }
        } else if (bytes[0] <= symbol && symbol <= bytes[1] && taken[to] !== turn) {
          taken[to] = turn;
          following.push(to);
        }
      }
    }
    return isMatched;
  }

  private stateOf(nodes: readonly number[], last: Kind): number {
    if (nodes.length === 0) {
      return 0;
    }
    const content = `${last} ${nodes.join(" ")}`;
    let address = this.addresses.get(content);
    if (address === undefined) {
      address = this.add({ nodes, last });
      this.addresses.set(content, address);
    }
    return address;
  }

  private add(state: State): number {
    const address = (this.states.push(state) - 1) * this.stateBytes;
    this.nodes += state.nodes.length;
    const missing = (address + this.stateBytes) / 4 - this.cells.length;
    if (missing > 0) {
      const { cells } = this;
      this.cells = new Int32Array(cells.length * 2);
      this.cells.set(cells);
    }
    for (let at = address; at < address + this.stateBytes; at += 4) {
      this.cells[at >> 2] = isMatch | isUnknown | at;
    }
    return address;
  }

  /** Begins with a table in which nothing is but state 0. */
  private empty(): void {
    this.states = [];
    this.nodes = 0;
    this.addresses.clear();
    this.beginnings.fill(-1);
    this.add({ nodes: [], last: kinds.other });
    this.cells.fill(0, 0, this.symbols.length);
  }

  private beginAnew(others: Int32Array | undefined): void {
    const kept = Array.from(others ?? [], (cell) => ({ flags: cell & ~addressBits, ...this.cellAt(cell & addressBits) }));
    this.empty();
    kept.forEach(({ flags, state, symbol }, index) => {
      (others as Int32Array)[index] = flags | (this.stateOf(state.nodes, state.last) + symbol * 4);
    });
  }
}

function kind(symbol: number, isByLine: boolean): Kind {
  if (symbol === edgeOfText || (symbol === lineFeed && isByLine)) {
    return kinds.edge;
  }
  return symbol === lineFeed ? kinds.lineFeed : /\w/.test(String.fromCharCode(symbol)) ? kinds.word : kinds.other;
}

/** What holds of a place between two things. */
function conditionsBetween(before: Kind, after: Kind): number {
  const { beginsLine, endsLine, beginsText, endsText, isWordBoundary, isNoWordBoundary } = conditions;
  const begins = before === kinds.edge ? beginsText | beginsLine : before === kinds.lineFeed ? beginsLine : 0;
  const ends = after === kinds.edge ? endsText | endsLine : after === kinds.lineFeed ? endsLine : 0;
  return begins | ends | ((before === kinds.word) === (after === kinds.word) ? isNoWordBoundary : isWordBoundary);
}
