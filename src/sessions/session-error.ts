import { BaselinerError } from "../base";

/** Why a session did not do what was asked. */
export type SessionErrorReason =
  | "read-only"
  | "clock"
  | "scoring"
  | "not-scoring"
  | "no-session"
  | "not-recorded"
  | "output-differs"
  /** A gap in the working time waits for an answer, or does not any more. */
  | "gap"
  /** A note is empty. */
  | "nothing-said"
  /** There is no snapshot to bring back, or none can be taken first. */
  | "no-snapshot"
  /** A bulk delete waits for an answer, so both sides are not in step. */
  | "mirror-question"
  | "unsettled";

/** A session did not do what was asked. What is on record stays. */
export class SessionError extends BaselinerError<SessionErrorReason> {}
