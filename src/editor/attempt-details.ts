import * as vscode from "vscode";
import { attemptScheme } from "../contributions";
import { describeAttempt, readJournal } from "../sessions";
import { type AttemptRecord, attemptRecord, type RecordLink } from "./attempt-record";
import type { WindowSession } from "./window-session";

/** The read-only document *Attempt 12*: what is on record of an attempt, and where. */
export class AttemptDetails implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  /** What each open document was made of, so that it is made anew only where something about it has changed. */
  private readonly shown = new Map<string, { readonly record: AttemptRecord; readonly madeOf: string }>();
  private readonly parts: vscode.Disposable;

  constructor(private readonly current: WindowSession) {
    this.parts = vscode.Disposable.from(
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(attemptScheme, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: attemptScheme }, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.shown.delete(uri.toString())),
      current.onDidChange(() => this.refresh()),
    );
  }

  /** Shows an attempt where texts are edited, beside the panel that it may have been chosen in. */
  async show(attempt: number): Promise<void> {
    const uri = vscode.Uri.from({ scheme: attemptScheme, path: `/${vscode.l10n.t("Attempt {0}", attempt)}`, query: String(attempt) });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: columnBesidePanel() });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const session = this.current.require();
    const attempt = session.state.attempts.find(({ number }) => String(number) === uri.query);
    if (attempt === undefined) {
      return vscode.l10n.t("This session has no such attempt.");
    }
    const { entries } = await readJournal(session.folder.root);
    const record = attemptRecord(session.folder.root, session.state, entries, attempt);
    this.shown.set(uri.toString(), { record, madeOf: this.madeOf(uri) });
    return record.text;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const record = this.shown.get(document.uri.toString())?.record;
    if (record?.text !== document.getText()) {
      return [];
    }
    return record.links.map(({ start, end, to }) => {
      const link = new vscode.DocumentLink(new vscode.Range(document.positionAt(start), document.positionAt(end)), targetOf(to));
      link.tooltip = to.kind === "journal" ? vscode.l10n.t("Open the journal at this line") : vscode.l10n.t("Open");
      return link;
    });
  }

  private refresh(): void {
    for (const [text, { madeOf }] of this.shown) {
      const uri = vscode.Uri.parse(text);
      if (this.madeOf(uri) !== madeOf) {
        this.changes.fire(uri);
      }
    }
  }

  private madeOf(uri: vscode.Uri): string {
    const state = this.current.session?.state;
    const attempt = state?.attempts.find(({ number }) => String(number) === uri.query);
    return state === undefined || attempt === undefined ? "" : JSON.stringify([attempt, describeAttempt(attempt, state), state.best]);
  }

  dispose(): void {
    this.parts.dispose();
  }
}

/** The active column, unless a panel is what is active there: then another one. */
function columnBesidePanel(): vscode.ViewColumn {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  if (!(activeTabGroup.activeTab?.input instanceof vscode.TabInputWebview)) {
    return activeTabGroup.viewColumn;
  }
  return all.find((group) => group !== activeTabGroup)?.viewColumn ?? vscode.ViewColumn.Beside;
}

function targetOf(to: RecordLink): vscode.Uri {
  switch (to.kind) {
    case "journal":
      return vscode.Uri.file(to.path).with({ fragment: `L${to.line}` });
    case "file":
      return vscode.Uri.file(to.path);
    case "command":
      return vscode.Uri.from({ scheme: "command", path: to.command, query: JSON.stringify([{ number: to.attempt }]) });
  }
}
