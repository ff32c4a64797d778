export * from "./scores";
