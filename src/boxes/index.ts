export * from "./box";
export { LocalBox } from "./local/local-box";
export * from "./remote-box";
export * from "./resources";
export { runExitSchema, runFiles, runSpecificationSchema } from "./run-record";
export type { RunExit, RunSpecification } from "./run-record";
export type * from "./ssh";

/** Boxes over SSH, loaded when one is needed: the library behind it takes its time. */
export const loadSsh = async () => await import("./ssh");
