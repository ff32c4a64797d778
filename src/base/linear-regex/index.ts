export { addressBits, Automaton, edgeOfText, maxCells } from "./automaton";
export { beginningOf } from "./beginning";
export { type ByteGraph, byteGraph, reversed } from "./byte-graph";
export { MatchTest } from "./match-test";
