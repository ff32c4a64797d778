import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { FSWatcher } from "chokidar";
import * as vscode from "vscode";
import { messageText, systemTime } from "../base";
import { type Box, LocalBox } from "../boxes";
import { contextKeys } from "../contributions";
import { type AssignedBox, type BoxDescription, journalFileName, type KnownLines, Session, sessionAround, SessionError, SessionLock } from "../sessions";
import type { BoxAccess } from "./box-access";
import type { Log } from "./log";

const knownLinesKey = "baseliner.knownLines";

/** The session that this window shows: the one whose `workspace` folder is open in it. */
export class WindowSession implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  /** Fires when the session or anything it says has changed. */
  readonly onDidChange = this.changes.event;

  private readonly opened = new vscode.EventEmitter<Session>();
  /** Fires when a session was opened, before its unfinished attempts are recovered. */
  readonly onDidOpen = this.opened.event;

  private present: Session | undefined;
  private opening: Promise<void> = Promise.resolve();
  private journalWatcher: FSWatcher | undefined;
  private readonly parts: vscode.Disposable;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: Log,
    private readonly access: BoxAccess,
  ) {
    this.parts = vscode.Disposable.from(
      this.changes,
      this.opened,
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.openSessionOfThisWindow()),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) {
          void this.takeOverIfFree();
        }
      }),
    );
  }

  get session(): Session | undefined {
    return this.present;
  }

  /** The box of a session or an assignment; not connected yet. */
  readonly boxFor = (box: BoxDescription | AssignedBox): Box | Promise<Box> => (box.kind === "ssh" ? this.access.boxAt(box) : this.localBox());

  /** The local box, with the supervisor that ships with the extension. */
  readonly localBox = (): LocalBox => new LocalBox(join(this.context.extensionPath, "dist", "supervisor.js"), systemTime);

  /** What is known of the journal of the session that this workspace holds, to open it sooner; of this version's reading of it. */
  private readonly knownLines = {
    get: (): KnownLines | undefined => {
      const kept = this.context.workspaceState.get<KnownLines & { version: string }>(knownLinesKey);
      return kept?.version === this.version ? kept : undefined;
    },
    keep: ({ bytes, sha256 }: KnownLines): void => {
      void this.context.workspaceState.update(knownLinesKey, { bytes, sha256, version: this.version });
    },
  };

  private get version(): string {
    return (this.context.extension.packageJSON as { version: string }).version;
  }

  /** The session, to act on. @throws {SessionError} `no-session` where this window shows none. */
  require(): Session {
    if (this.present === undefined) {
      throw new SessionError("no-session", vscode.l10n.t("This window shows no session; start or open one first."));
    }
    return this.present;
  }

  /** Opens the session whose workspace this window shows, if it does; one opening after the other. Errors are told, not thrown. */
  openSessionOfThisWindow(): Promise<void> {
    this.opening = this.opening.then(() => this.openNow());
    return this.opening;
  }

  private async openNow(): Promise<void> {
    await this.close();
    const root = sessionRootOfThisWindow();
    if (root === undefined) {
      this.publish();
      return;
    }
    try {
      const untrusted = vscode.workspace.isTrusted ? undefined : vscode.l10n.t("This workspace is not trusted, so nothing is run or recorded.");
      const session = await Session.open(root, { time: systemTime, boxFor: this.boxFor, holder: "VS Code", attends: true, knownLines: this.knownLines }, untrusted);
      this.present = session;
      session.on("changed", () => this.publish());
      session.on("problem", (text) => void vscode.window.showWarningMessage(messageText(text)));
      if (session.access.kind === "reader") {
        await this.followWriter(session);
      }
      this.publish();
      this.opened.fire(session);
      void this.tellWhyReadOnly(session);
      this.recover(session);
    } catch (error) {
      this.publish();
      await this.log.tell(error);
    }
  }

  /** A window that is reloading or closing lets its session go within moments; only who keeps it is worth a message. */
  private async tellWhyReadOnly(session: Session): Promise<void> {
    const { access } = session;
    if (access.kind === "writer" || access.reason === "closed" || access.reason === "untrusted") {
      return;
    }
    for (let tries = 0; access.reason === "held" && tries < 10; tries += 1) {
      await delay(500);
      if (this.present !== session || (await this.takeOverIfFree())) {
        return;
      }
    }
    await vscode.window.showWarningMessage(`${messageText(access.text)} ${vscode.l10n.t("This window only reads it.")}`);
  }

  /** Opens a session for writing that another window held and has let go since. */
  private async takeOverIfFree(): Promise<boolean> {
    const session = this.present;
    if (session?.access.kind !== "reader" || session.access.reason !== "held") {
      return false;
    }
    const isFree = !(await SessionLock.isHeld(session.folder.root).catch(() => true));
    if (isFree && this.present === session) {
      await this.openSessionOfThisWindow();
    }
    return isFree;
  }

  private recover(session: Session): void {
    if (session.access.kind === "writer") {
      session
        .connectBox()
        .then(() => session.recoverAttempts())
        .catch((error: unknown) => this.tellUnlessClosing(session, error));
    }
  }

  /** Tells an error of a session, but not the one that closing it causes. */
  tellUnlessClosing(session: Session, error: unknown): void {
    if (session === this.present) {
      void this.log.tell(error);
    }
  }

  /** Shows what another window or the command line journals meanwhile. */
  private async followWriter(session: Session): Promise<void> {
    const { watch } = await import("chokidar");
    if (this.present !== session) {
      return;
    }
    this.journalWatcher = watch(join(session.folder.root, journalFileName), { ignoreInitial: true });
    this.journalWatcher.on("error", (error) => this.log.note(`watching the journal: ${String(error)}`));
    this.journalWatcher.on("change", () => {
      session.refresh().catch((error: unknown) => this.tellUnlessClosing(session, error));
    });
  }

  /** Tells the window's views and menus. Nobody waits for the menus: a window that is starting answers late. */
  private publish(): void {
    const session = this.present;
    this.changes.fire();
    Promise.all([
      setContext(contextKeys.sessionAccess, session === undefined ? "none" : session.access.kind),
      setContext(contextKeys.clockState, session?.state.clock.state ?? ""),
      setContext(contextKeys.boxKind, session?.state.created.box.kind ?? ""),
      setContext(contextKeys.isScoring, session?.isScoring === true),
    ]).catch((error: unknown) => this.log.note(`telling the window: ${String(error)}`));
  }

  /** Lets the session go. What is being scored goes on, and is found when it is opened again. */
  async close(): Promise<void> {
    const session = this.present;
    this.present = undefined;
    await this.journalWatcher?.close();
    this.journalWatcher = undefined;
    await session?.close();
  }

  dispose(): void {
    this.close().catch((error: unknown) => this.log.note(`closing: ${String(error)}`));
    this.parts.dispose();
  }
}

function setContext(key: string, value: unknown): Thenable<unknown> {
  return vscode.commands.executeCommand("setContext", key, value);
}

/** The session whose workspace this window shows, where it shows one's. */
function sessionRootOfThisWindow(): string | undefined {
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const root = uri.scheme === "file" ? sessionAround(uri.fsPath) : undefined;
    if (root !== undefined) {
      return root;
    }
  }
  return undefined;
}
