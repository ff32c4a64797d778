export { LocalTreeError } from "./local-tree";
export { Mirror, MirrorError } from "./mirror";
export type { MirrorOptions, MirrorPauseReason, MirrorState, MirrorSummary } from "./mirror";
export { leftOutText } from "./mirror-plan";
export type { BulkDelete, Conflict, LeftOut, LeftOutReason, MirroredEntry, MirrorScope, MirrorSide } from "./mirror-plan";
export { Snapshots, SnapshotError } from "./snapshots";
export type { Snapshot, SnapshotScope } from "./snapshots";
