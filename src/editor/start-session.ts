import { basename, join } from "node:path";
import * as vscode from "vscode";
import { labelText, singleLine, systemTime } from "../base";
import { settings, views } from "../contributions";
import {
  type Assignment,
  createSession,
  createSessionOnBox,
  defaultSessionsFolder,
  listSessions,
  readAssignment,
  readJournal,
  sessionFolder,
  stateOf,
  usualConditions,
} from "../sessions";
import { loadTask } from "../tasks";
import type { Editor } from "./commands";

/** The task that shows what the extension does; it needs no GPU and no network. */
const demoTask = "optimize-kernel";

/** Starts a session of the task that ships with the extension, on this computer. */
export async function startDemoSession(editor: Editor): Promise<void> {
  await start(editor, {
    task: join(editor.context.extensionPath, "tasks", demoTask),
    profile: "cpu",
    box: { kind: "local" },
    participant: "demo",
    conditions: usualConditions,
  });
}

/** Starts the session of an assignment: a file that is given, or one that is chosen. */
export async function openAssignment(editor: Editor, given: vscode.Uri | undefined): Promise<void> {
  const chosen = given ?? (await chooseAssignment());
  if (chosen !== undefined) {
    await start(editor, await readAssignment(chosen.fsPath));
  }
}

async function chooseAssignment(): Promise<vscode.Uri | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Open Assignment"),
    openLabel: vscode.l10n.t("Open Assignment"),
    filters: { [vscode.l10n.t("Assignments")]: ["json"] },
  });
  return files?.[0];
}

/** Lays out the session of an assignment and opens its workspace. */
export async function start(editor: Editor, assignment: Assignment): Promise<void> {
  const root = "task" in assignment ? await layOutHere(editor, assignment) : await layOutFromBox(editor, assignment);
  if (root !== undefined) {
    await openWorkspaceOf(root);
  }
}

async function layOutHere(editor: Editor, assignment: Extract<Assignment, { task: string }>): Promise<string> {
  return await vscode.window.withProgress(
    { location: { viewId: views.session }, title: vscode.l10n.t("Laying out the session") },
    async () => await createSession({ ...assignment, sessionsFolder: sessionsFolder(), task: await loadTask(assignment.task) }, editor.current.localBox(), systemTime),
  );
}

/** Undefined where it was cancelled. */
async function layOutFromBox(editor: Editor, assignment: Exclude<Assignment, { task: string }>): Promise<string | undefined> {
  const box = await editor.access.boxAt(assignment.box);
  const name = singleLine(box.name);
  return await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Baseliner"), cancellable: true },
    async (progress, token) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => {
        cancelled.abort();
        box.connection.close();
      });
      try {
        progress.report({ message: vscode.l10n.t("connecting to {0}", name) });
        await box.connection.connect();
        progress.report({ message: vscode.l10n.t("bringing the starting solution from {0}", name) });
        return await createSessionOnBox({ ...assignment, sessionsFolder: sessionsFolder() }, box, systemTime, cancelled.signal);
      } catch (error) {
        if (cancelled.signal.aborted) {
          return undefined;
        }
        throw error;
      } finally {
        box.connection.close();
      }
    },
  );
}

/** Opens an earlier session, chosen from the sessions folder. */
export async function openSession(): Promise<void> {
  const folder = sessionsFolder();
  const sessions = await listSessions(folder);
  const browse = { label: vscode.l10n.t("Browse…"), description: vscode.l10n.t("a session in another folder"), root: undefined };
  const picked = await vscode.window.showQuickPick(
    Promise.all([
      ...sessions.map(async (root) => ({ label: labelText(basename(root)), description: await summary(root), root })),
      Promise.resolve(browse),
    ]),
    {
      title: vscode.l10n.t("Open Session"),
      placeHolder: sessions.length === 0 ? vscode.l10n.t("No sessions in {0} yet", folder) : vscode.l10n.t("Sessions in {0}", folder),
      matchOnDescription: true,
    },
  );
  const root = picked === browse ? await chooseSessionFolder() : picked?.root;
  if (root !== undefined) {
    await openWorkspaceOf(root);
  }
}

async function chooseSessionFolder(): Promise<string | undefined> {
  const folders = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Open Session"),
    openLabel: vscode.l10n.t("Open Session"),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return folders?.[0]?.fsPath;
}

async function summary(root: string): Promise<string> {
  try {
    const state = stateOf((await readJournal(root)).entries);
    return state === undefined ? "" : vscode.l10n.t("{0} · {1} attempts", state.clock.state.replace("-", " "), state.attempts.length);
  } catch {
    return vscode.l10n.t("unreadable");
  }
}

async function openWorkspaceOf(root: string): Promise<void> {
  // Reading the journal first says plainly when a folder is no session, instead of opening an empty window.
  await readJournal(root);
  await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(sessionFolder(root).workspace), { forceReuseWindow: true });
}

function sessionsFolder(): string {
  const chosen = vscode.workspace.getConfiguration().get<string>(settings.sessionsFolder, "");
  return chosen === "" ? defaultSessionsFolder() : chosen;
}
