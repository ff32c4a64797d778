export * from "./box";
export { LocalBox } from "./local/local-box";
export { runExitSchema, runFiles, runSpecificationSchema } from "./run-record";
export type { RunExit, RunSpecification } from "./run-record";
export * from "./ssh";
