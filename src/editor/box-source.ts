import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Box } from "../boxes";
import { type Session, SessionError } from "../sessions";
import { type Resources, taskSchema } from "../tasks";
import type { WindowSession } from "./window-session";

/** The box that this window is about. */
export interface ShownBox {
  readonly box: Box;
  /** Absolute path of the workspace on the box. */
  readonly workspaceFolder: string;
  /** What the task asks for, where that is known. */
  readonly wanted: Resources | undefined;
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
    this.parts = vscode.Disposable.from(this.changes, window.onDidChange(() => void this.look()));
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

  private async look(): Promise<void> {
    const { session } = this.window;
    if (session === this.session) {
      return;
    }
    this.session = session;
    const shown = session === undefined || !vscode.workspace.isTrusted ? undefined : await boxOf(session, this.window);
    if (this.session === session) {
      this.shown = shown;
      this.changes.fire();
    }
  }

  dispose(): void {
    this.parts.dispose();
  }
}

/** The box of a session that is open for writing; of another, only where the box is this computer. */
async function boxOf(session: Session, window: WindowSession): Promise<ShownBox | undefined> {
  const { folder, state, boxPaths } = session;
  const box = session.box ?? (state.created.box.kind === "local" ? window.localBox() : undefined);
  if (box === undefined) {
    return undefined;
  }
  return { box, workspaceFolder: boxPaths?.workspace ?? folder.workspace, wanted: await wantedBy(session) };
}

/** What the task of a session asks for, where its task.json lies on this computer. */
async function wantedBy({ folder, state }: Session): Promise<Resources | undefined> {
  try {
    const task: unknown = JSON.parse(await readFile(join(folder.box, "task.json"), "utf8"));
    return taskSchema().safeParse(task).data?.profiles[state.created.task.profile]?.resources;
  } catch {
    return undefined;
  }
}
