export { eventKinds } from "./event";
export type { EventKind, EventScore, EventSource, TranscriptEvent } from "./event";
export type { TranscriptFacts } from "./formats/format";
export { openTranscript } from "./open-transcript";
export { TranscriptError } from "./reading";
export type { EventBatch, TranscriptProblem, TranscriptReading } from "./reading";
