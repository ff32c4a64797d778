export * from "./check-task";
export * from "./load-task";
export * from "./scores";
export * from "./scoring-result";
export { taskSchema } from "./task";
export type { Profile, Resources, Task } from "./task";
export * from "./compare-resources";
