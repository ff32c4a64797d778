export * from "./scores";
export * from "./scores-table";
