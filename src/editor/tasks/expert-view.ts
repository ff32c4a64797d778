import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { messageText, sha256, singleLine } from "../../base";
import { commandToBecome, type ExpertAccess, expertAccess, type LoadedTask } from "../../tasks";
import type { BoxAccess } from "../box-access";
import { openBoxShell } from "../box-terminal";
import { accessReport } from "./access-report";

/** Where a task lies on a box. */
interface Place {
  /** `user@host:port`, or a host of the ssh configuration. */
  readonly target: string;
  /** Absolute path of the task's folder there. */
  readonly root: string;
}

/** Looks at a task on a box with the eyes of the expert's account, tells what it may do there, and offers a terminal as that account. */
export async function seeBoxAsExpert(context: vscode.ExtensionContext, boxes: BoxAccess, loaded: LoadedTask): Promise<void> {
  const key = `expertView ${loaded.folder}`;
  const place = await askForPlace(context.workspaceState.get<Place>(key));
  if (place === undefined) {
    return;
  }
  const { target, root } = place;
  const box = await boxes.boxAt({ target });
  let keepsConnection = false;
  try {
    const access = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Looking at {0} as the expert", singleLine(target, 60)), cancellable: true }, async (_, cancelled) => {
      // Ends whatever is being asked.
      const listening = cancelled.onCancellationRequested(() => box.connection.close());
      try {
        await box.connection.connect();
        return await expertAccess(box, root, loaded);
      } catch (error) {
        if (cancelled.isCancellationRequested) {
          return undefined;
        }
        throw error;
      } finally {
        listening.dispose();
      }
    });
    if (access === undefined) {
      return;
    }
    await context.workspaceState.update(key, place);
    await showReport(context, loaded, place, access);
    keepsConnection = true;
    void offerTerminal(access, place, (firstLine) => openBoxShell(box, root, { name: vscode.l10n.t("Expert: {0}", singleLine(access.account, 40)), firstLine })).then((isOpen) => {
      if (!isOpen) {
        box.connection.close();
      }
    });
  } finally {
    if (!keepsConnection) {
      box.connection.close();
    }
  }
}

async function askForPlace(last: Place | undefined): Promise<Place | undefined> {
  const heading = (step: number): string => vscode.l10n.t("See Box as the Expert ({0} of 2)", step);
  const target = await vscode.window.showInputBox({
    title: heading(1),
    prompt: vscode.l10n.t("Box that the task was provisioned on: user@host:port, or a host of your SSH configuration. As root, any account can be looked at; else only the one that connects."),
    ...(last === undefined ? {} : { value: last.target }),
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === "" ? vscode.l10n.t("Name a box.") : undefined),
  });
  if (target === undefined) {
    return undefined;
  }
  const root = await vscode.window.showInputBox({
    title: heading(2),
    prompt: vscode.l10n.t("Folder of the task on the box, as the assignment has it"),
    ...(last === undefined ? {} : { value: last.root }),
    placeHolder: vscode.l10n.t("such as /srv/baseliner/my-task"),
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim().startsWith("/") ? undefined : vscode.l10n.t("The folder begins with a slash.")),
  });
  return root === undefined ? undefined : { target: target.trim(), root: root.trim() };
}

/** A file of the extension's own storage, in the built-in preview, which runs no scripts and loads nothing from outside. */
async function showReport(context: vscode.ExtensionContext, { folder, task }: LoadedTask, { target, root }: Place, access: ExpertAccess): Promise<void> {
  const looked = singleLine(new Date().toLocaleString(vscode.env.language, { dateStyle: "medium", timeStyle: "short" }));
  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  const file = join(storage, "boxes", sha256(`${folder}\n${target}\n${root}`).slice(0, 8), `${vscode.l10n.t("{0} as the Expert", task.id)}.md`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, accessReport({ task, target, root, access, looked }));
  await vscode.commands.executeCommand("vscode.openWith", vscode.Uri.file(file), "vscode.markdown.preview.editor", { preview: true });
}

/** @returns whether a terminal was opened */
async function offerTerminal(access: ExpertAccess, { target }: Place, open: (firstLine: string | undefined) => void): Promise<boolean> {
  const { account, through, problems } = access;
  const become = commandToBecome(access);
  const terminal = vscode.l10n.t("Open Terminal as {0}", singleLine(account, 40));
  const offers = become === undefined && account !== through ? [] : [terminal];
  const where = messageText(target, 100);
  const chosen =
    problems.length === 0
      ? await vscode.window.showInformationMessage(vscode.l10n.t("{0} sees the task on {1} as it should be.", messageText(account, 40), where), ...offers)
      : await vscode.window.showWarningMessage(
          problems.length === 1
            ? vscode.l10n.t("{0} sees the task on {1} not as it should be: {2}", messageText(account, 40), where, messageText(problems[0] ?? ""))
            : vscode.l10n.t("{0} sees the task on {1} not as it should be: {2} (and {3} more)", messageText(account, 40), where, messageText(problems[0] ?? ""), problems.length - 1),
          ...offers,
        );
  if (chosen !== terminal) {
    return false;
  }
  open(become === undefined ? undefined : `exec ${become}`);
  return true;
}
