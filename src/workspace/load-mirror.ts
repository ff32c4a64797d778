/** The mirror, loaded when a box needs one: most of it watches and compares what a session on this computer has only once. */
export const loadMirror = async () => await import("./mirror");
