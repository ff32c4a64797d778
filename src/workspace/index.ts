export { Snapshots, SnapshotError } from "./snapshots";
export type { Snapshot, SnapshotScope } from "./snapshots";
