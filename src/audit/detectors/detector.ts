import type { TranscriptEvent } from "../../transcripts";
import type { Step } from "../step";

/** Looks at what happens in one sample and reports what may break a rule. */
export interface Detector {
  /** What the solver is told, by its instructions or later. */
  told?(event: TranscriptEvent, ordinal: number): void;
  /** Something is run or written. */
  called?(step: Step): void;
  /** What a call came to. */
  returned?(result: TranscriptEvent, ordinal: number, call: Step): void;
  scored?(event: TranscriptEvent, ordinal: number): void;
  /** The sample is over. */
  end?(): void;
}
