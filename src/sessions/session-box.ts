import { join, posix } from "node:path";
import type { Time } from "../base";
import { type Box, type ConnectionStatus } from "../boxes";
import { type Conflict, loadMirror, type Mirror, type MirrorSummary } from "../workspace";
import type { EntryData } from "./journal-entry";
import type { SessionFolder } from "./session-folder";

/** Where a session's parts lie on its box. Absolute paths there. */
export interface BoxPaths {
  /** With `task.json`, the instructions and the scoring function. */
  readonly task: string;
  readonly workspace: string;
  readonly runs: string;
}

/** The parts of a task's folder on a box that is another machine. */
export function remotePaths(root: string): BoxPaths {
  return { task: root, workspace: posix.join(root, "workspace"), runs: posix.join(root, "runs") };
}

/** Where the parts of a session lie on the box that its journal names. */
export function boxPathsOf(folder: SessionFolder, box: EntryData<"session.created">["box"]): BoxPaths {
  return box.kind === "ssh" ? remotePaths(box.root) : { task: folder.box, workspace: folder.workspace, runs: folder.runs };
}

/** What a session is told of its box. Called one after the other; what they throw is handed to `failed`. */
export interface SessionBoxListener {
  readonly connected: () => Promise<void>;
  readonly lost: (problem: string) => Promise<void>;
  readonly conflict: (conflict: Conflict) => Promise<void>;
  readonly problem: (text: string) => void;
  readonly failed: (error: unknown) => void;
}

/** The box of a session that is open for writing: the connection to it, and the mirror of the workspace where it is another machine. */
export class SessionBox {
  private listener: SessionBoxListener | undefined;
  private unsubscribe: (() => void) | undefined;
  private told: Promise<void> = Promise.resolve();
  private isUp = false;
  private isMirroring = false;
  private letGo: Promise<() => void> | undefined;

  private constructor(
    readonly box: Box,
    readonly paths: BoxPaths,
    /** Undefined where the workspace itself is what the box works on. */
    readonly mirror: Mirror | undefined,
  ) {}

  /** Not connected yet, and nothing is mirrored. */
  static async of(box: Box, folder: SessionFolder, created: EntryData<"session.created">, time: Time): Promise<SessionBox> {
    const paths = boxPathsOf(folder, created.box);
    if (box.connection === undefined) {
      return new SessionBox(box, paths, undefined);
    }
    const { Mirror } = await loadMirror();
    const mirror = new Mirror({
      root: folder.workspace,
      box,
      boxFolder: paths.workspace,
      scope: created.sync,
      baselineFile: join(folder.root, "mirror", "baseline.jsonl"),
      time,
    });
    return new SessionBox(box, paths, mirror);
  }

  /**
   * Mirrors as soon as the connection stands, and again whenever it is back.
   * @param hold whether the workspace is to be left alone at first, because it is being scored
   */
  start(listener: SessionBoxListener, hold: boolean): void {
    const { connection } = this.box;
    const { mirror } = this;
    if (connection === undefined || mirror === undefined) {
      return;
    }
    this.listener = listener;
    if (hold) {
      void this.hold();
    }
    mirror.on("conflict", (conflict) => this.tell(() => listener.conflict(conflict)));
    mirror.on("notice", listener.problem);
    this.unsubscribe = connection.subscribe((status) => this.follow(status, mirror));
    this.follow(connection.status, mirror);
  }

  private follow(status: ConnectionStatus, mirror: Mirror): void {
    const isUp = status.state === "connected";
    if (isUp && !this.isUp) {
      this.isUp = true;
      this.tell((listener) => listener.connected());
      if (this.isMirroring) {
        void mirror.resume();
      } else {
        this.isMirroring = true;
        mirror.start();
      }
    } else if (!isUp && this.isUp) {
      this.isUp = false;
      const problem = "reason" in status ? status.reason.message : "The connection was closed.";
      this.tell((listener) => listener.lost(problem));
    }
  }

  private tell(what: (listener: SessionBoxListener) => Promise<void>): void {
    const { listener } = this;
    if (listener !== undefined) {
      this.told = this.told.then(() => what(listener)).catch(listener.failed);
    }
  }

  /** Leaves the workspace on both sides as it is, until `release`. */
  async hold(): Promise<void> {
    await (this.letGo ??= this.mirror?.hold());
  }

  /** Mirrors again. Does no harm where nothing is held. */
  async release(): Promise<void> {
    const letGo = this.letGo;
    this.letGo = undefined;
    (await letGo)?.();
  }

  /** @throws {MirrorError}; the reason of `signal` */
  async settle(signal?: AbortSignal): Promise<MirrorSummary | undefined> {
    return await this.mirror?.settle(signal);
  }

  /** Stops mirroring and ends the connection; runs on the box go on. */
  async close(): Promise<void> {
    this.unsubscribe?.();
    await this.release();
    this.mirror?.removeAllListeners();
    await this.mirror?.dispose();
    this.box.connection?.close();
    await this.told;
  }
}
