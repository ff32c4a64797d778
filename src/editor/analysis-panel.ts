import { randomBytes } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import { countText } from "../analysis";
import { messageOf, singleLine } from "../base";
import { commands, panels } from "../contributions";
import { type AnalysisExport, type FromAnalysis, parseFromAnalysis, type ToAnalysis } from "../protocol";
import { readJournal } from "../sessions";
import { type AnalysisProgress, AnalysisThread } from "./analysis-thread";
import { runTextOf, runTextUri } from "./run-text-documents";

/** Files over this size, in bytes, VS Code opens on other computers only after a question, and not at a line. */
const largestShown = 10 * 2 ** 20;

/** What the panel keeps over a reload of the window. */
const stateSchema = z.object({ path: z.string() });

/** The Analysis panel: experts and agents on one axis. One for a window; opening another study replaces what it shows. */
export class AnalysisPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private panel: vscode.WebviewPanel | undefined;
  private path: string | undefined;
  private study: AnalysisThread | undefined;
  private task = "";
  private loading: AbortController | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {}

  /** Shows the study at a path: a `study.json`, or a folder or file with runs. Without one the person is asked. */
  async open(uri: vscode.Uri | undefined): Promise<void> {
    const chosen = uri ?? (await chooseStudy());
    if (chosen === undefined) {
      return;
    }
    this.path = chosen.fsPath;
    this.task = "";
    if (this.panel === undefined) {
      // The page says when it is ready, and is told of the study then.
      this.adopt(vscode.window.createWebviewPanel(panels.analysis, vscode.l10n.t("Analysis"), vscode.ViewColumn.Active));
    } else {
      this.panel.reveal();
      await this.load();
    }
  }

  /** What a document of {@link runTextUri} shows. */
  async runTextOf(uri: vscode.Uri): Promise<string> {
    return await runTextOf(uri);
  }

  /** After a reload of the window: VS Code brings the panel back empty. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const parsed = stateSchema.safeParse(state);
    this.panel?.dispose();
    this.path = parsed.success ? parsed.data.path : undefined;
    this.adopt(panel);
    return Promise.resolve();
  }

  private adopt(panel: vscode.WebviewPanel): void {
    const dist = vscode.Uri.joinPath(this.context.extensionUri, "dist", "webview");
    this.panel = panel;
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.onDidDispose(() => {
      if (this.panel === panel) {
        this.panel = undefined;
        this.loading?.abort();
        void this.forget();
      }
    });
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const parsed = parseFromAnalysis(message);
      if (parsed !== undefined) {
        void this.receive(parsed).catch((error: unknown) => vscode.window.showErrorMessage(singleLine(messageOf(error), 500)));
      }
    });
    panel.webview.html = page(panel.webview, dist, this.path ?? "");
  }

  private async receive(message: FromAnalysis): Promise<void> {
    switch (message.type) {
      case "ready":
        await (this.study === undefined ? this.load() : this.show(this.study));
        break;
      case "reload":
        await this.load();
        break;
      case "showTask":
        this.task = message.task;
        if (this.study !== undefined) {
          await this.send({ type: "charts", charts: await this.study.charts(this.task) });
        }
        break;
      case "listRuns":
        if (this.study !== undefined) {
          await this.send({ type: "runs", page: await this.study.runs(message.task, message.query, message.from) });
        }
        break;
      case "cancel":
        this.loading?.abort();
        await this.send({ type: "problem", text: vscode.l10n.t("Cancelled; nothing was kept.") });
        break;
      case "openRun":
        await this.openRun(message.run, message.step);
        break;
      case "save":
        await this.save(message.format);
        break;
    }
  }

  /** Reads and computes the study; what was being read before is given up. */
  private async load(): Promise<void> {
    const { path } = this;
    if (path === undefined) {
      await this.send({ type: "problem", text: vscode.l10n.t("No study is open. Use the command Compare Runs….") });
      return;
    }
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    await this.send({ type: "progress", text: vscode.l10n.t("Reading {0}…", singleLine(basename(path))) });
    await this.forget();
    try {
      const progress = (reached: AnalysisProgress): void => {
        if (!loading.signal.aborted) {
          void this.send({ type: "progress", text: progressText(reached) });
        }
      };
      const study = await AnalysisThread.open(path, this.file(), { signal: loading.signal, progress });
      if (loading.signal.aborted) {
        await study.close();
        return;
      }
      this.study = study;
      await this.show(study);
    } catch (error) {
      if (!loading.signal.aborted) {
        await this.send({ type: "problem", text: singleLine(messageOf(error), 500) });
      }
    }
  }

  /** A file or folder of what was built. */
  private file(...names: string[]): string {
    return vscode.Uri.joinPath(this.context.extensionUri, "dist", ...names).fsPath;
  }

  private async forget(): Promise<void> {
    const { study } = this;
    this.study = undefined;
    await study?.close();
  }

  private async show(study: AnalysisThread): Promise<void> {
    const [view, charts] = await Promise.all([study.view(), study.charts(this.task)]);
    this.task = charts.task;
    await this.send({ type: "analysis", view, charts });
  }

  private async send(message: ToAnalysis): Promise<void> {
    await this.panel?.webview.postMessage(message);
  }

  /** Replays the run where that is possible, else shows where it is written. */
  private async openRun(place: number, step: number | undefined): Promise<void> {
    const run = await this.study?.placeOf(place, step);
    if (run === undefined) {
      return;
    }
    const { path, attempt } = run;
    if (run.line === undefined) {
      await vscode.commands.executeCommand(commands.replayTranscript, { path, event: await eventOf(path, attempt) });
      return;
    }
    const { size } = await stat(path);
    if (size > largestShown) {
      await vscode.commands.executeCommand("vscode.open", runTextUri(path, run.line, run.part), { viewColumn: vscode.ViewColumn.Beside });
      return;
    }
    const uri = vscode.Uri.file(path);
    const line = Math.max(0, run.line - 1);
    // Not as a document of the extension's: VS Code gives it none of a file over 50 MB.
    const options: vscode.TextDocumentShowOptions = { viewColumn: vscode.ViewColumn.Beside, selection: new vscode.Range(line, 0, line, 0) };
    await vscode.commands.executeCommand("vscode.open", uri, options);
  }

  private async save(format: AnalysisExport): Promise<void> {
    const { study } = this;
    if (study === undefined) {
      return;
    }
    const name = `${basename(this.path ?? "analysis", ".json")}-figures.${format}`;
    const folder = vscode.Uri.file(dirname(this.path ?? ""));
    const to = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), filters: { [format.toUpperCase()]: [format] } });
    if (to === undefined) {
      return;
    }
    const place = await mkdtemp(join(tmpdir(), "baseliner-export-"));
    try {
      const made = join(place, name);
      await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Saving {0}…", singleLine(basename(to.path))) }, () => study.export(format, made));
      // Where it is saved may be no disk of this computer's.
      await vscode.workspace.fs.copy(vscode.Uri.file(made), to, { overwrite: true });
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  dispose(): void {
    this.loading?.abort();
    void this.forget();
    this.panel?.dispose();
  }
}

function progressText(progress: AnalysisProgress): string {
  if (progress.type === "resampling") {
    return vscode.l10n.t("Resampling: {0} of {1} tasks", progress.done, progress.of);
  }
  const { number, of, path, runs } = progress;
  const name = singleLine(basename(path));
  return of === 1 ? vscode.l10n.t("Reading {0}: {1} runs so far", name, countText(runs)) : vscode.l10n.t("Reading {0}, file {1} of {2}: {3} runs so far", name, number, of, countText(runs));
}

/** The event of an attempt: of a session, whose attempts have numbers, the score that its journal's line brings; else it is named by its event. */
async function eventOf(path: string, attempt: string): Promise<string> {
  const { entries } = await readJournal(path).catch(() => ({ entries: [] }));
  const finished = entries.find((entry) => entry.type === "attempt.finished" && String(entry.data.attempt) === attempt);
  return finished === undefined ? attempt : `${finished.seq}.1`;
}

async function chooseStudy(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Compare Runs: a study.json, or a folder or file with runs"),
    openLabel: vscode.l10n.t("Compare"),
    canSelectFiles: true,
    canSelectFolders: true,
  });
  return chosen?.[0];
}

function page(webview: vscode.Webview, dist: vscode.Uri, path: string): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; font-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  const quoted = path.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file("analysis.css")}">
<title>${vscode.l10n.t("Analysis")}</title>
</head>
<body>
<main id="analysis" data-path="${quoted}"></main>
<script nonce="${nonce}" src="${file("analysis.js")}"></script>
</body>
</html>`;
}
