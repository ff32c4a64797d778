/** Boxes over SSH, loaded when one is needed: the library behind it takes its time. */
export const loadSsh = async () => await import("./ssh");
