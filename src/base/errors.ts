/**
 * An error that a person may be shown. `message` is one sentence: what happened,
 * what was kept, what to do. Code decides by `reason`, never by the message.
 */
export abstract class BaselinerError<Reason extends string = string> extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.name = new.target.name;
  }
}

/** The `code` of a Node.js system error such as `ENOENT`, or undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One clause that says in plain words why the system refused, for the errors a disk produces. */
export function plainSystemReason(error: unknown): string {
  switch (systemErrorCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case "EROFS":
      return "the disk is read-only";
    case "EACCES":
    case "EPERM":
      return "permission was denied";
    case "ENOENT":
      return "it does not exist";
    case "EFBIG":
      return "the file would become larger than this system allows";
    default:
      return messageOf(error);
  }
}

/** What was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
