import * as vscode from "vscode";
import { once } from "../base";
import type { Box } from "../boxes";
import { type Session, SessionError, wantedResources } from "../sessions";
import type { Resources } from "../tasks";
import type { WindowSession } from "./window-session";

/** The box that this window is about. */
export interface ShownBox {
  readonly box: Box;
  /** Absolute path of the workspace on the box. */
  readonly workspaceFolder: string;
  /** What the task asks for, where that is known; read when it is first asked for. */
  readonly wanted: () => Promise<Resources | undefined>;
}

/** The box of this window's session, as its views see it. */
export class BoxSource implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  /** Fires when there is another box, or none any more. */
  readonly onDidChange = this.changes.event;
  private session: Session | undefined;
  private shown: ShownBox | undefined;
  private readonly parts: vscode.Disposable;

  constructor(private readonly window: WindowSession) {
    this.parts = vscode.Disposable.from(this.changes, window.onDidChange(() => this.look()));
  }

  get current(): ShownBox | undefined {
    return this.shown;
  }

  /** The box, to act on. @throws {SessionError} `no-session` where there is none */
  require(): ShownBox {
    if (this.shown === undefined) {
      throw new SessionError("no-session", vscode.l10n.t("This window shows no session; start or open one first."));
    }
    return this.shown;
  }

  private look(): void {
    const { session } = this.window;
    if (session !== this.session) {
      this.session = session;
      this.shown = session === undefined || !vscode.workspace.isTrusted ? undefined : boxOf(session, this.window);
      this.changes.fire();
    }
  }

  dispose(): void {
    this.parts.dispose();
  }
}

/** The box of a session that is open for writing; of another, only where the box is this computer. */
function boxOf(session: Session, window: WindowSession): ShownBox | undefined {
  const { folder, state, boxPaths } = session;
  const box = session.box ?? (state.created.box.kind === "local" ? window.localBox() : undefined);
  if (box === undefined) {
    return undefined;
  }
  return { box, workspaceFolder: boxPaths?.workspace ?? folder.workspace, wanted: once(() => wantedResources(folder, state.created.task.profile)) };
}
