import { basename, dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import { BaselinerError, messageOf, singleLine } from "../../base";
import { writeFileDurably } from "../../base/durable-files";
import type { ReplayFilter } from "../../protocol";
import { ShownEvents, sliceMilliseconds } from "../../transcripts";
import { eventSection, transcriptHeading } from "./event-markdown";
import type { ReplayDocument } from "./replay-document";
import { savePlace } from "./save-place";

class MarkdownFileError extends BaselinerError<"not-written"> {}

/** So often it is told how far it is, in events. */
const tellEvery = 200;

/**
 * Saves the events that a filter lets through as one Markdown document, to be read, printed or sent, where the person wants it.
 * Whoever cancels it has no document, and an older one of that name stays.
 *
 * @throws {MarkdownFileError}
 */
export async function saveMarkdown(document: ReplayDocument, filter: ReplayFilter): Promise<void> {
  const place = vscode.Uri.file(join(dirname(document.uri.fsPath), `${basename(document.uri.fsPath)}.md`));
  const to = await savePlace(document, { title: vscode.l10n.t("Save Listed Events as Markdown"), defaultUri: place, filters: { [vscode.l10n.t("Markdown")]: ["md"] } });
  if (to === undefined) {
    return;
  }
  const title = vscode.l10n.t("Writing {0}", singleLine(basename(to.fsPath), 60));
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, async (progress, token) => {
    const stop = new AbortController();
    const listening = token.onCancellationRequested(() => stop.abort());
    try {
      await writeFileDurably(to.fsPath, encoded(sections(document, filter, stop.signal, (done) => progress.report(done))));
      vscode.window.setStatusBarMessage(vscode.l10n.t("{0} saved", singleLine(basename(to.fsPath), 60)), 4000);
    } catch (error) {
      if (!stop.signal.aborted) {
        throw new MarkdownFileError("not-written", vscode.l10n.t("{0} cannot be written: {1}. The transcript is as it was; save it in another place.", basename(to.fsPath), messageOf(error)), { cause: error });
      }
    } finally {
      listening.dispose();
    }
  });
}

/** The parts of the document, one after the other: of a long transcript never more than one event is in memory. */
async function* sections(document: ReplayDocument, filter: ReplayFilter, signal: AbortSignal, tell: (done: { message: string; increment: number }) => void): AsyncGenerator<string> {
  const { store, name } = document;
  yield transcriptHeading(name, [["format", store.state.formatTitle], ...Object.entries(store.state.facts).flatMap(([fact, value]): [string, string][] => (value === null || value === "" ? [] : [[fact, String(value)]]))]);
  const shown = new ShownEvents(document.columns, filter);
  while (shown.isBehind) {
    shown.extend(store.state.isComplete, sliceMilliseconds);
    await nextTurn(undefined, { signal });
  }
  const { count } = shown;
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    if (index % tellEvery === 0) {
      tell({ message: vscode.l10n.t("event {0} of {1}", index + 1, count), increment: (100 * Math.min(tellEvery, count)) / count });
    }
    const ordinal = shown.ordinal(index);
    yield `\n${eventSection(await store.event(ordinal, Infinity), ordinal)}`;
  }
  if (!store.state.isComplete) {
    yield `\n${vscode.l10n.t("The transcript was still being read: later events are missing.")}\n`;
  }
}

async function* encoded(texts: AsyncGenerator<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) {
    yield Buffer.from(text);
  }
}
