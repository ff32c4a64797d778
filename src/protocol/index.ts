export * from "./scores";
export * from "./analysis";
