import { Automaton, edgeOfText } from "./automaton";
import type { ByteGraph } from "./byte-graph";
import { utf8 } from "./byte-sequences";

/** Tells of texts whether a regular expression matches anywhere in them. */
export class MatchTest {
  private readonly automaton: Automaton;

  constructor(graph: ByteGraph) {
    this.automaton = new Automaton(graph, { isByLine: false, isBackwards: false });
  }

  test(text: string): boolean {
    const { automaton } = this;
    const { classes } = automaton;
    let state = automaton.begin(edgeOfText, false);
    let { cells } = automaton;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < 0x80) {
        state = cells[(state + (classes[unit] as number)) >> 2] as number;
        if (state < 0) {
          state = automaton.resolve(state);
          ({ cells } = automaton);
        }
      } else {
        const codePoint = text.codePointAt(at) as number;
        at += codePoint > 0xffff ? 1 : 0;
        state = this.read(state, utf8(codePoint));
        ({ cells } = automaton);
      }
      if (state < 0) {
        return true;
      }
    }
    return this.read(state, [edgeOfText]) < 0;
  }

  /** What some bytes lead to; negative where a match ends before one of them. */
  private read(state: number, bytes: readonly number[]): number {
    const { automaton } = this;
    for (const byte of bytes) {
      state = automaton.resolve(automaton.cells[(state + (automaton.classes[byte] as number)) >> 2] as number);
      if (state < 0) {
        break;
      }
    }
    return state;
  }
}
