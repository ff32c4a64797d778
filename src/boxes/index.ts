export * from "./box";
export type * from "./box-connection";
export { LocalBox } from "./local/local-box";
export { RunProcesses } from "./local/run-processes";
export type { RunUse } from "./local/run-processes";
export * from "./remote-box";
export * from "./resources";
export { runExitSchema, runFiles, runSpecificationSchema } from "./run-record";
export type { RunExit, RunSpecification } from "./run-record";
export type * from "./ssh";
export { fingerprintOf } from "./ssh/host-key";
export { protectedEntry, protectedPath } from "./ssh/protected-entry";
export type { ProtectedRuns } from "./ssh/protected-entry";
export type * from "./shell";
export { shellQuote } from "./shell-quote";

/** Boxes over SSH, loaded when one is needed: the library behind it takes its time. */
export const loadSsh = async () => await import("./ssh");
