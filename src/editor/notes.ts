import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { formatMinutes, systemErrorCode, writeFileDurably } from "../base";
import { noteScheme } from "../contributions";
import { type Session, SessionError } from "../sessions";
import type { WindowSession } from "./window-session";

/** Name of the file that a longer note is written in; `when` clauses of package.json know it. */
const draftName = "note-draft.md";

/** Adds what is written in one line to the record; a button leads to an editor for more. */
export async function addNote(session: Session, unsent: UnsentNote): Promise<void> {
  const longer: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("edit"), tooltip: vscode.l10n.t("Write More in an Editor") };
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t("Add Note");
  input.placeholder = vscode.l10n.t("What did you try, what did you learn? Markdown.");
  input.prompt = vscode.l10n.t("Goes on record with the time.");
  input.value = unsent.text;
  input.buttons = [longer];
  const chosen = await new Promise<"add" | "longer" | undefined>((resolve) => {
    input.onDidAccept(() => {
      if (input.value.trim() === "") {
        input.validationMessage = vscode.l10n.t("An empty note is not added; press Escape to write none.");
      } else {
        resolve("add");
      }
    });
    input.onDidChangeValue(() => {
      input.validationMessage = undefined;
    });
    input.onDidTriggerButton(() => resolve("longer"));
    input.onDidHide(() => resolve(undefined));
    input.show();
  });
  const text = input.value;
  input.dispose();
  // What was typed and not sent is there again the next time.
  unsent.text = text;
  if (chosen === "add") {
    await session.addNote(text);
    unsent.text = "";
    tellAdded(session);
  } else if (chosen === "longer") {
    await writeLongNote(session, text);
    unsent.text = "";
  }
}

/** What was typed for a note and not sent. */
export interface UnsentNote {
  text: string;
}

/** Opens the draft of a longer note, a file of the session's folder: it outlives reloads and crashes until it is added. */
export async function writeLongNote(session: Session, more = ""): Promise<void> {
  const path = draftOf(session);
  const before = await readDraft(path);
  if (before === undefined || more !== "") {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFileDurably(path, [before ?? "", more].filter((text) => text.trim() !== "").join("\n\n"));
  }
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: false });
  const end = editor.document.positionAt(editor.document.getText().length);
  editor.selection = new vscode.Selection(end, end);
}

/** Adds the draft to the record and removes it. */
export async function addDraftedNote(session: Session): Promise<void> {
  const path = draftOf(session);
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === path);
  const text = document?.getText() ?? (await readDraft(path));
  if (text === undefined) {
    throw new SessionError("nothing-said", vscode.l10n.t("No note is being written; write one first."));
  }
  // Kept on the disk until it is on record.
  await document?.save();
  await session.addNote(text);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input }) => input instanceof vscode.TabInputText && input.uri.fsPath === path);
  await vscode.window.tabGroups.close(tabs);
  await rm(path, { force: true });
  tellAdded(session);
}

function tellAdded(session: Session): void {
  vscode.window.setStatusBarMessage(vscode.l10n.t("Note {0} is on record.", session.state.notes.length), 5000);
}

function draftOf(session: Session): string {
  return join(session.folder.root, "drafts", draftName);
}

async function readDraft(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

const allNotes = vscode.Uri.from({ scheme: noteScheme, path: "/Notes.md" });

/** Shows all notes in one read-only document, at the one that is asked for. */
export async function showNotes(session: Session, index = 0): Promise<void> {
  const { notes } = session.state;
  const document = await vscode.window.showTextDocument(allNotes, { preview: true });
  const before = notes.slice(0, index).map(describeNote).join("");
  const line = before.split("\n").length - 1;
  document.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.AtTop);
  document.selection = new vscode.Selection(line, 0, line, 0);
}

function describeNote({ at, text, elapsedMs }: Session["state"]["notes"][number]): string {
  const when = elapsedMs === null ? vscode.l10n.t("before the clock was started") : vscode.l10n.t("{0} into the session", formatMinutes(elapsedMs));
  return `## ${when} · ${new Date(at).toLocaleString()}\n\n${text}\n\n`;
}

/** The document with all notes of this window's session, from the first to the last. */
export class NotesDocument implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private count = -1;
  private readonly parts: vscode.Disposable;

  constructor(private readonly current: WindowSession) {
    this.parts = vscode.Disposable.from(
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(noteScheme, this),
      current.onDidChange(() => this.look()),
    );
  }

  private look(): void {
    const count = this.current.session?.state.notes.length ?? 0;
    if (count !== this.count) {
      this.count = count;
      this.changes.fire(allNotes);
    }
  }

  provideTextDocumentContent(): string {
    return (this.current.session?.state.notes ?? []).map(describeNote).join("");
  }

  dispose(): void {
    this.parts.dispose();
  }
}
