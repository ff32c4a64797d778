export * from "./durable-files";
export * from "./errors";
export * from "./hash";
export * from "./process-identity";
export * from "./stream-hash";
export * from "./terminal-text";
export * from "./text";
export * from "./time";
