import { posix } from "node:path";
import * as vscode from "vscode";
import { singleLine } from "../base";
import { snapshotScheme } from "../contributions";
import type { Attempt, Session } from "../sessions";
import { type SnapshotEntry, type SnapshotFolder, snapshotFolders, SnapshotFiles, SnapshotReadError } from "../workspace";
import type { WindowSession } from "./window-session";

/** Larger files are not opened, in bytes. */
const largestFile = 50 * 1024 * 1024;

/** An attempt whose workspace was kept. */
export type KeptAttempt = Attempt & { readonly snapshot: string };

/** The place of a file or folder of an attempt's snapshot: `baseliner-snapshot:/Attempt 12/solution.py?<commit>`. */
export function snapshotUri(attempt: KeptAttempt, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: snapshotScheme, path: posix.join(`/${vscode.l10n.t("Attempt {0}", attempt.number)}`, path), query: attempt.snapshot });
}

/** The kept states of the workspace as a file system that can only be read. Links are shown as what they say, and never followed. */
export class SnapshotDocuments implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  /** Never fires: a snapshot does not change. */
  readonly onDidChangeFile = this.changes.event;
  private readonly repositories = new WeakMap<Session, SnapshotFiles>();
  private readonly parts: vscode.Disposable;

  constructor(private readonly current: WindowSession) {
    const isReadonly = new vscode.MarkdownString(vscode.l10n.t("This is the workspace as it was scored; it can only be read."));
    this.parts = vscode.Disposable.from(this.changes, vscode.workspace.registerFileSystemProvider(snapshotScheme, this, { isReadonly, isCaseSensitive: true }));
  }

  /** The snapshots of a session. */
  filesOf(session: Session): SnapshotFiles {
    const files = this.repositories.get(session) ?? new SnapshotFiles(session.folder.snapshots);
    this.repositories.set(session, files);
    return files;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const found = await this.find(uri);
    return found instanceof Map
      ? { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0, permissions: vscode.FilePermission.Readonly }
      : { type: vscode.FileType.File, ctime: 0, mtime: 0, size: (found as SnapshotEntry).bytes, permissions: vscode.FilePermission.Readonly };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    const found = await this.find(uri);
    if (!(found instanceof Map)) {
      throw vscode.FileSystemError.FileNotADirectory(uri);
    }
    return [...(found as SnapshotFolder)].map(([name, one]) => [name, one === "folder" ? vscode.FileType.Directory : vscode.FileType.File]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const found = await this.find(uri);
    if (found instanceof Map) {
      throw vscode.FileSystemError.FileIsADirectory(uri);
    }
    return await toldAs(uri, this.filesOf(this.current.require()).read(found as SnapshotEntry, largestFile));
  }

  /** The file or folder at a place. */
  private async find(uri: vscode.Uri): Promise<SnapshotEntry | SnapshotFolder> {
    const content = await toldAs(uri, this.filesOf(this.current.require()).list(uri.query));
    const path = uri.path.split("/").slice(2).join("/").replace(/\/$/, "");
    const found = content.entries.get(path) ?? snapshotFolders(content).get(path);
    if (found === undefined) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    return found;
  }

  createDirectory(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  writeFile(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  delete(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  dispose(): void {
    this.parts.dispose();
  }
}

/** What the editor shows in place of a file that cannot be read. */
async function toldAs<T>(uri: vscode.Uri, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SnapshotReadError) {
      throw error.reason === "missing" ? vscode.FileSystemError.FileNotFound(uri) : vscode.FileSystemError.Unavailable(singleLine(error.message));
    }
    throw error;
  }
}
