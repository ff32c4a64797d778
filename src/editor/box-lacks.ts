import * as vscode from "vscode";
import { formatBytes, singleLine } from "../base";
import type { MissingNeed } from "../sessions";

/** What a box lacks, as a list for a sentence. */
export function lacksText(missing: readonly MissingNeed[]): string {
  return missing.map(needText).join(", ");
}

function needText({ kind, wanted }: MissingNeed): string {
  if (typeof wanted === "string") {
    return singleLine(wanted, 40);
  }
  switch (kind) {
    case "gpus":
      return wanted === 1 ? vscode.l10n.t("1 GPU") : vscode.l10n.t("{0} GPUs", wanted);
    case "gpu-memory":
      return vscode.l10n.t("{0} on each GPU", formatBytes(wanted));
    case "processors":
      return vscode.l10n.t("{0} processors", wanted);
    case "memory":
      return vscode.l10n.t("{0} of memory", formatBytes(wanted));
    case "disk":
      return vscode.l10n.t("{0} of free disk", formatBytes(wanted));
    default:
      return String(wanted);
  }
}
