import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { once } from "../base";

/** Hash before the first line of a journal. */
export const firstPrevious = "0".repeat(64);

const attemptNumber = once(() => z.number().int().nonnegative());
const sha256Text = once(() => z.string().regex(/^[0-9a-f]{64}$/));
/** A recorded terminal, in the session's folder. */
const recordingFile = once(() => z.string().regex(/^terminals\/\d{1,6}\.cast$/));
const outputFile = once(() => z.object({ bytes: z.number().int().nonnegative(), sha256: sha256Text() }));

/** Times of a run by the box's clock, in ms since the epoch, and how far that clock is ahead of ours, in ms. */
const boxTimes = once(() => z.object({ startedAt: z.number(), endedAt: z.number(), aheadMs: z.number() }));

/** A host key as `ssh-keygen -l` prints it. */
const fingerprint = once(() => z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, "must be a fingerprint such as ssh-keygen -l prints it: SHA256:…"));

const absolutePathOnBox = once(() => z.string().regex(/^\/[^\0]*$/, "must be an absolute path on the box"));

const localBox = once(() => z.strictObject({ kind: z.literal("local") }));
const sshMachine = once(() =>
  z.strictObject({
    /** `user@host:port`, or a host of the ssh configuration. */
    target: z.string().min(1),
    /** Fingerprints of its host keys; nothing else is accepted. Without them known_hosts or a person decides. */
    hostKey: z.union([fingerprint().transform((one) => [one]), z.array(fingerprint()).min(1)]).optional(),
  }),
);

const sshBox = once(() =>
  sshMachine().extend({
    kind: z.literal("ssh"),
    /** The machines on the way to it, the nearest first. Without them the reader's ssh configuration decides. */
    jump: z.array(sshMachine()).min(1).max(5).optional(),
    /** Absolute path of the task's folder on the box. */
    root: absolutePathOnBox(),
  }),
);

/** Where an assignment says that a session is to be run: on this computer, or in a folder of a machine reached over SSH. */
export const assignedBoxSchema = once(() => z.discriminatedUnion("kind", [localBox(), sshBox()]));

/** What an assignment says of its box. */
export type AssignedBox = z.infer<ReturnType<typeof assignedBoxSchema>>;

const sessionBox = once(() =>
  z.discriminatedUnion("kind", [
    localBox(),
    /** `entry`: absolute path of the program through which scorings are started on the box; without it they are started directly. */
    sshBox().extend({ entry: absolutePathOnBox().optional() }),
  ]),
);

/** What a session says of its box. */
export type BoxDescription = z.infer<ReturnType<typeof sessionBox>>;

/** What holds where an assignment says nothing else. */
export const usualConditions = {
  instructions: "at-once",
  afterTime: "close",
  researchNotes: false,
  recording: false,
  policy: { internet: null, aiTools: null },
} as const;

/** What an assignment lays down for a session, beyond task, box and time. */
export const conditionsSchema = once(() =>
  z.object({
    /** Whether the instructions can be read before the clock is started. */
    instructions: z.enum(["at-once", "with-clock"]).default(usualConditions.instructions),
    /** What becomes of scoring when the time is up: it closes, or goes on and its attempts are marked and never the result. */
    afterTime: z.enum(["close", "mark"]).default(usualConditions.afterTime),
    /** Whether the expert is asked for research notes, at most once an hour. */
    researchNotes: z.boolean().default(usualConditions.researchNotes),
    /** Whether the expert is asked to consent to the recording of terminals. */
    recording: z.boolean().default(usualConditions.recording),
    /** What the expert may use, in the words of the assignment; null where it says nothing. */
    policy: z
      .object({
        internet: z.string().nullable().default(usualConditions.policy.internet),
        aiTools: z.string().nullable().default(usualConditions.policy.aiTools),
      })
      .prefault({}),
  }),
);

/** What an assignment lays down for a session, beyond task, box and time. */
export type Conditions = z.infer<ReturnType<typeof conditionsSchema>>;

/** Code of a participant. */
export const participantCode = once(() => z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be up to 64 letters, digits, dots, hyphens or underscores"));

/** A stretch of which it is not known whether it was worked in (see gaps.ts). UTC, ms. */
const gap = once(() => z.object({ cause: z.enum(["closed", "slept", "clock-jumped"]), from: z.number(), until: z.number() }));

/** The data of each type of journal entry. */
export const entryData = {
  "session.created": once(() =>
    z.object({
      /** Version of this format. */
      format: z.literal(1),
      id: z.string(),
      participant: participantCode(),
      task: z.object({
        id: z.string(),
        version: z.string(),
        title: z.string(),
        profile: z.string(),
        /** Name of the file with the instructions, in the task folder. */
        instructions: z.string(),
        /** Files of the workspace to show at the start. */
        open: z.array(z.string()),
        /** SHA-256 of each file the score depends on, by its path in the task folder. */
        files: z.record(z.string(), sha256Text()),
        /** SHA-256 of each file of the starting solution, by its path in the workspace. */
        startingSolution: z.record(z.string(), sha256Text()),
      }),
      /** How this session is scored, from first to last; a later change of the task changes nothing here. */
      scoring: z.object({
        /** `${task}` stands for the task's folder on the box. */
        command: z.array(z.string()).min(1),
        environment: z.record(z.string(), z.string()),
        timeoutSeconds: z.number().positive(),
        /** Scores that normalise to 0 and 1. */
        start: z.number(),
        reference: z.number(),
        direction: z.enum(["min", "max"]),
        aggregate: z.enum(["best", "last"]),
        unit: z.string(),
        visible: z.boolean(),
        /** Whether submitting scores the workspace once more. */
        final: z.boolean().default(false),
      }),
      /** What of the workspace is mirrored and kept in snapshots. */
      sync: z.object({ ignore: z.array(z.string()), pull: z.array(z.string()).default([]), maxFileMB: z.number().positive() }),
      timeLimitMinutes: z.number().positive(),
      conditions: conditionsSchema().prefault({}),
      box: sessionBox(),
      /** `none` where expert and scorer share one account on the box, so that only hashes guard the scoring function. */
      protection: z.enum(["none", "accounts"]),
    }),
  ),
  "box.connected": once(() => z.object({ name: z.string(), aheadMs: z.number() })),
  "box.lost": once(() => z.object({ problem: z.string() })),
  "box.checked": once(() => z.object({ report: z.record(z.string(), z.unknown()) })),
  "clock.started": once(() => z.object({})),
  "clock.paused": once(() => z.object({ reason: z.string() })),
  "clock.resumed": once(() => z.object({})),
  /** A gap was found that the expert is to be asked about. Until it is answered it counts as work. */
  "clock.gap": gap,
  /** Changes the working time by `addMs`; `gap` is the time that the person was asked about, or that the wall clock was set back by, and what it was. */
  "clock.adjusted": once(() =>
    z.object({
      addMs: z.number(),
      reason: z.string(),
      gap: gap().extend({ countedAs: z.enum(["work", "break"]) }).optional(),
    }),
  ),
  "clock.expired": once(() => z.object({})),
  "attempt.started": once(() =>
    z.object({
      attempt: attemptNumber(),
      /** `start` is the starting solution, scored off the clock; `after-time` never counts; `final` is scored by submitting. */
      kind: z.enum(["start", "work", "after-time", "final"]),
      run: z.string(),
      /** Commit of the workspace in snapshots.git; null where none could be taken. */
      snapshot: z.string().nullable(),
    }),
  ),
  "attempt.finished": once(() =>
    z.object({
      attempt: attemptNumber(),
      score: z.number().nullable(),
      /** What the scoring function says to the expert. */
      message: z.record(z.string(), z.unknown()),
      /** Commit of the workspace at the end, where it differs from the attempt's snapshot: it was changed while it was scored. */
      changedTo: z.string().nullable(),
      /** Why there is no score; null where there is one. */
      invalid: z.object({ reason: z.string(), text: z.string() }).nullable(),
      /**
       * There is a score, which the task hides: it lies with the run on the box. `commitment` tells the one that is on record: SHA-256 of
       * `result.json`, on a protected box of the text of `nonce` and `result.json` behind it.
       */
      hidden: z.object({ commitment: sha256Text() }).optional(),
      box: boxTimes(),
      files: z.record(z.enum(["stdout.log", "stderr.log", "result.json"]), outputFile().nullable()),
    }),
  ),
  /** The run began, or may have, and its end cannot be known. */
  "attempt.lost": once(() => z.object({ attempt: attemptNumber(), problem: z.string() })),
  /** The attempt could not be carried out for a reason outside the solution. */
  "attempt.failed": once(() => z.object({ attempt: attemptNumber(), reason: z.string(), problem: z.string() })),
  "snapshot.taken": once(() => z.object({ commit: z.string(), leftOut: z.array(z.string()) })),
  /**
   * The workspace was brought back to `commit`: the snapshot of an attempt, or, where that is null, what it was before an earlier restore.
   * `before` is what it was until then.
   */
  "snapshot.restored": once(() => z.object({ attempt: attemptNumber().nullable(), commit: z.string(), before: z.string() })),
  "sync.conflict": once(() => z.object({ path: z.string(), keptAs: z.string() })),
  "note.added": once(() => z.object({ text: z.string() })),
  /** Whether the expert consents to being recorded; may be given and taken back at any time. */
  "recording.consent": once(() => z.object({ given: z.boolean() })),
  /** A terminal is being recorded to this file of the session's folder from here on. */
  "terminal.opened": once(() => z.object({ file: recordingFile() })),
  /** The end of a recording: how long its file is and what it holds. */
  "terminal.recorded": once(() => z.object({ file: recordingFile(), bytes: z.number().int().nonnegative().optional(), sha256: sha256Text().optional() })),
  /** Which AI assistants the editor has, whenever that is other than last recorded. */
  "editor.assistants": once(() => z.object({ assistants: z.array(z.object({ id: z.string(), version: z.string(), active: z.boolean() })) })),
  /** Answers of the exit survey; null where one was left out. */
  "survey.answered": once(() =>
    z.object({
      /** Score that the expert expects to have reached. */
      predicted: z.number().nullable(),
      minutesLost: z.number().nonnegative().nullable(),
      lostTo: z.string(),
      clear: z.enum(["yes", "partly", "no"]).nullable(),
      comments: z.string(),
    }),
  ),
  "integrity.changed": once(() =>
    z.object({
      when: z.enum(["before", "after"]),
      attempt: attemptNumber(),
      changed: z.array(z.string()),
      added: z.array(z.string()),
      removed: z.array(z.string()),
    }),
  ),
  /** The last line was torn by a crash; its bytes were moved to `file`. */
  "journal.repaired": once(() => z.object({ file: z.string(), bytes: z.number().int().positive() })),
  /** The journal had `lines` lines once, the last of them with this SHA-256, and was found shorter or changed when it was opened. */
  "journal.cut": once(() => z.object({ lines: z.number().int().positive(), sha256: sha256Text() })),
  "session.submitted": once(() => z.object({ result: z.number().nullable(), attempt: attemptNumber().nullable() })),
  "session.closed": once(() => z.object({})),
} as const;

export type EntryType = keyof typeof entryData;
export type EntryData<Type extends EntryType> = z.infer<ReturnType<(typeof entryData)[Type]>>;

/** One journal entry. `Type` tells what `data` holds. */
export type JournalEntry<Type extends EntryType = EntryType> = {
  [Name in Type]: {
    /** 0, 1, 2, … without gaps. */
    readonly seq: number;
    /** UTC, ISO 8601 with milliseconds. */
    readonly at: string;
    /** Milliseconds on the machine's monotonic clock; comparable only within one boot. */
    readonly mono: number;
    readonly type: Name;
    readonly data: EntryData<Name>;
    /** SHA-256 of the line before, without its line break. */
    readonly prev: string;
  };
}[Type];

const envelopeSchema = once(() =>
  z.object({
    seq: z.number().int().nonnegative(),
    at: z.iso.datetime({ precision: 3 }),
    mono: z.number(),
    type: z.string(),
    data: z.unknown(),
    prev: sha256Text(),
  }),
);

/** What is wrong with a line, or the entry it holds. */
export type ParsedLine =
  | {
      readonly entry: JournalEntry;
      /** The entry says just what the line says: nothing was left out, changed or filled in. */
      readonly isVerbatim: boolean;
    }
  | { readonly problem: string };

/** Reads one line of a journal, without looking at the chain. */
export function parseEntry(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: "is not JSON" };
  }
  const envelope = envelopeSchema().safeParse(value);
  if (!envelope.success) {
    return { problem: `is not a journal entry: ${envelope.error.issues[0]?.path.join(".") ?? ""}` };
  }
  const { type, data } = envelope.data;
  if (!isEntryType(type)) {
    return { problem: `has the unknown type ${JSON.stringify(type)}` };
  }
  const parsed = entryData[type]().safeParse(data);
  if (!parsed.success) {
    return { problem: `(${type}) is not as its type says: data.${parsed.error.issues[0]?.path.join(".") ?? ""}` };
  }
  // The schema of this type has just accepted the data; the compiler cannot tie the two together.
  const entry = { ...envelope.data, type, data: parsed.data } as JournalEntry;
  return { entry, isVerbatim: isDeepStrictEqual(entry, value) };
}

function isEntryType(type: string): type is EntryType {
  return Object.hasOwn(entryData, type);
}
