export * from "./automaton";
export * from "./byte-graph";
export * from "./beginning";
export * from "./match-test";
