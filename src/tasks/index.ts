export * from "./check-task";
export * from "./load-task";
export * from "./provision";
export * from "./provision-task";
export * from "./scores";
export * from "./scoring-files";
export * from "./scoring-result";
export { taskSchema } from "./task";
export type { Profile, Task } from "./task";
