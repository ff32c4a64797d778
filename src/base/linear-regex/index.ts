export * from "./automaton";
export * from "./byte-graph";
