import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { customEditors } from "../../contributions";
import { replayState, type ReplayState } from "../../protocol";
import type { Log } from "../log";
import { FindingProblems } from "./finding-problems";
import { auditOptions, ReplayDocument, storeOptions } from "./replay-document";
import { replayPage } from "./replay-page";
import { ReplayPanel } from "./replay-panel";
import { TranscriptDocuments } from "./transcript-documents";

/** Of so many transcripts the place is remembered. */
const mostRemembered = 200;
/** So long the page waits for the first events, in ms: about as long as VS Code takes until it wants to know what the page is. */
const firstEventsWithin = 60;
const memoryKey = "baseliner.replay";

/** Opens transcripts in replay panels: a read-only custom editor, which VS Code offers beside its own. */
export class ReplayEditors implements vscode.CustomReadonlyEditorProvider<ReplayDocument>, vscode.Disposable {
  private readonly documents = new Map<string, ReplayDocument>();
  private readonly panels = new Map<ReplayDocument, Set<ReplayPanel>>();
  /** Events that links lead to, by transcript, until its panel is there. */
  private readonly destinations = new Map<string, string>();
  /** Parts of transcripts, as read-only documents. */
  readonly texts = new TranscriptDocuments((uri) => this.documentOf(uri));
  private readonly problems = new FindingProblems();
  /** Transcripts of which the first finding is to be shown, until a panel is there. */
  private readonly toBeAudited = new Set<string>();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: Log,
  ) {}

  /** Opens a transcript, at an event where one is named. */
  async show(uri: vscode.Uri, event?: string): Promise<void> {
    if (event !== undefined) {
      const panel = this.panelOn(uri);
      if (panel === undefined) {
        this.destinations.set(uri.toString(), event);
      } else {
        panel.goTo(event);
      }
    }
    // It is read while VS Code still makes an editor for it.
    const isOpen = this.documents.has(uri.toString());
    const document = this.documentOf(uri);
    try {
      await vscode.commands.executeCommand("vscode.openWith", uri, customEditors.replay);
    } catch (error) {
      if (!isOpen && !this.panels.has(document)) {
        document.dispose();
      }
      throw error;
    }
  }

  /** Opens a transcript where it is not open yet, audits it, and shows the first finding. */
  async audit(uri: vscode.Uri): Promise<void> {
    const panel = this.panelOn(uri);
    if (panel === undefined) {
      this.toBeAudited.add(uri.toString());
    } else {
      panel.findFirst();
    }
    await this.show(uri);
  }

  private panelOn(uri: vscode.Uri): ReplayPanel | undefined {
    return [...(this.panels.get(this.documents.get(uri.toString()) as ReplayDocument) ?? [])][0];
  }

  openCustomDocument(uri: vscode.Uri): ReplayDocument {
    return this.documentOf(uri);
  }

  resolveCustomEditor(document: ReplayDocument, { webview, onDidDispose }: vscode.WebviewPanel): void {
    document.marks.mark("editor made");
    const dist = vscode.Uri.joinPath(this.context.extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const panel = new ReplayPanel(webview, document, {
      log: this.log,
      remembered: this.remembered(document.uri),
      remember: (state) => this.remember(document.uri, state),
      openRaw: (ordinal) => this.texts.show(document.uri, { what: "raw", ordinal }),
      openText: (ordinal) => this.texts.show(document.uri, { what: "text", ordinal }),
      openFile: (ordinal, path) => this.texts.showFile(document, ordinal, path),
      diffTexts: (from, to) => this.texts.showTexts(document.uri, from, to),
      diffFile: (from, to, path) => this.texts.showDiff(document, from, to, path),
      copyLink: (id) => this.copyLink(document.uri, id),
    });
    const own = this.panels.get(document) ?? new Set();
    this.panels.set(document, own.add(panel));
    const event = this.destinations.get(document.uri.toString());
    if (event !== undefined) {
      this.destinations.delete(document.uri.toString());
      panel.goTo(event);
    }
    if (this.toBeAudited.delete(document.uri.toString())) {
      panel.findFirst();
    }
    onDidDispose(() => {
      own.delete(panel);
      panel.dispose();
    });
    void this.load(panel, document, webview, dist);
  }

  /** Gives the page its content: with the first events where these are there soon. VS Code makes room for it meanwhile. */
  private async load(panel: ReplayPanel, { marks }: ReplayDocument, webview: vscode.Webview, dist: vscode.Uri): Promise<void> {
    await Promise.race([panel.opened, delay(firstEventsWithin)]);
    if (!panel.isOver) {
      marks.mark("page made");
      webview.html = replayPage(webview, dist, panel.takeHeld(), marks);
    }
  }

  private documentOf(uri: vscode.Uri): ReplayDocument {
    const key = uri.toString();
    let document = this.documents.get(key);
    if (document === undefined) {
      const opened = new ReplayDocument(uri, { store: storeOptions(this.context), audit: auditOptions(this.context) }, () => {
        this.documents.delete(key);
        this.problems.forget(opened);
      });
      document = opened;
      const publish = (): void => void this.problems.publish(opened);
      opened.audit.onDidChange(() => {
        if (opened.audit.state.state !== "running") {
          publish();
        }
      });
      opened.review.onDidChange(publish);
      this.documents.set(key, document);
    }
    return document;
  }

  private async copyLink(uri: vscode.Uri, event: string): Promise<void> {
    const query = new URLSearchParams({ file: uri.fsPath, event });
    await vscode.env.clipboard.writeText(`${vscode.env.uriScheme}://${this.context.extension.id}/transcript?${query.toString()}`);
    vscode.window.setStatusBarMessage(vscode.l10n.t("Link to the event copied"), 4000);
  }

  private remembered(uri: vscode.Uri): ReplayState {
    return replayState.safeParse(this.memory()[uri.toString()]).data ?? {};
  }

  private remember(uri: vscode.Uri, state: ReplayState): void {
    const others = Object.entries(this.memory()).filter(([key]) => key !== uri.toString());
    const memory = Object.fromEntries<unknown>([...others, [uri.toString(), state]].slice(-mostRemembered) as [string, unknown][]);
    void this.context.workspaceState.update(memoryKey, memory);
  }

  private memory(): Record<string, unknown> {
    return this.context.workspaceState.get<Record<string, unknown>>(memoryKey) ?? {};
  }

  dispose(): void {
    vscode.Disposable.from(...this.documents.values(), this.problems).dispose();
  }
}
