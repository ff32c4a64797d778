import * as vscode from "vscode";
import { messageText, singleLine } from "../base";
import type { ConnectionStatus } from "../boxes";
import { commands } from "../contributions";
import type { Session } from "../sessions";

/** One line of the *Session* view about the box. */
export interface BoxRow {
  readonly contextValue: string;
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly tooltip?: string;
  readonly command?: vscode.Command;
}

/** What the *Session* view says of the box and the mirror. */
export function boxRows(session: Session): BoxRow[] {
  return [boxRow(session), ...mirrorRow(session)];
}

/** The box's condition in a word or two, for the status bar; undefined where the box is this computer. */
export function boxInShort(session: Session): string | undefined {
  const status = session.box?.connection?.status;
  switch (status?.state) {
    case undefined:
      return undefined;
    case "connected":
      return session.mirror?.state.kind === "paused" ? `$(warning) ${vscode.l10n.t("mirror paused")}` : vscode.l10n.t("box ok");
    case "connecting":
    case "reconnecting":
      return vscode.l10n.t("connecting");
    case "lost":
      return `$(debug-disconnect) ${vscode.l10n.t("box lost, trying again")}`;
    case "closed":
      return `$(debug-disconnect) ${vscode.l10n.t("box not connected")}`;
  }
}

function boxRow(session: Session): BoxRow {
  const { box, protection } = session.state.created;
  const isProtected = protection === "accounts";
  const guard = isProtected ? vscode.l10n.t("protected") : vscode.l10n.t("unprotected");
  const explanation = isProtected
    ? vscode.l10n.t("The scoring function runs under an account of its own.")
    : vscode.l10n.t("The scoring function runs under your own account. Its files are hashed before and after every attempt, and a change goes on record.");
  if (box.kind === "local") {
    const description = isProtected ? vscode.l10n.t("this computer") : vscode.l10n.t("this computer · unprotected");
    return { contextValue: "box.local", label: vscode.l10n.t("Box"), description, icon: "vm", tooltip: explanation };
  }
  const name = singleLine(box.target);
  const status = session.box?.connection?.status;
  const { text, icon, tooltip } = connectionText(status);
  const isClosed = status?.state === "closed" || status?.state === "lost";
  return {
    contextValue: isClosed ? "box.closed" : "box.ssh",
    label: vscode.l10n.t("Box"),
    description: [name, text, ...(status === undefined || status.state === "connected" ? [guard] : [])].filter((part) => part !== "").join(" · "),
    icon,
    tooltip: [name, tooltip, explanation].filter((part) => part !== undefined).join("\n\n"),
    ...(isClosed ? { command: { command: commands.connectBox, title: vscode.l10n.t("Connect to the Box") } } : {}),
  };
}

function connectionText(status: ConnectionStatus | undefined): { text: string; icon: string; tooltip?: string } {
  switch (status?.state) {
    case undefined:
      return { text: "", icon: "vm" };
    case "connecting":
      return { text: vscode.l10n.t("connecting…"), icon: "vm-connect" };
    case "connected":
      return { text: vscode.l10n.t("connected"), icon: "vm-active" };
    case "lost":
      return { text: vscode.l10n.t("connection lost, trying again"), icon: "vm-outline", tooltip: messageText(status.reason.message) };
    case "reconnecting":
      return { text: vscode.l10n.t("connecting again…"), icon: "vm-connect", tooltip: messageText(status.reason.message) };
    case "closed":
      return {
        text: vscode.l10n.t("not connected"),
        icon: "vm-outline",
        ...(status.reason === undefined ? {} : { tooltip: messageText(status.reason.message) }),
      };
  }
}

function mirrorRow(session: Session): BoxRow[] {
  const { mirror } = session;
  if (mirror === undefined) {
    return [];
  }
  const { state } = mirror;
  const label = vscode.l10n.t("Mirror");
  const files = mirror.agreed.size;
  const inStep = files === 1 ? vscode.l10n.t("in step · 1 file") : vscode.l10n.t("in step · {0} files", files);
  const leftOut = mirror.leftOut.length > 0 ? `\n\n${vscode.l10n.t("{0} paths are not mirrored.", mirror.leftOut.length)}` : "";
  switch (state.kind) {
    case "in-step":
      return [{ contextValue: "mirror", label, description: inStep, icon: "sync", tooltip: `${inStep}${leftOut}` }];
    case "working":
      return [{ contextValue: "mirror", label, description: state.left > 0 ? vscode.l10n.t("{0} to bring over", state.left) : vscode.l10n.t("comparing…"), icon: "sync" }];
    case "held": {
      const description = state.waiting > 0 ? vscode.l10n.t("waits for the scoring · {0} changed", state.waiting) : vscode.l10n.t("waits for the scoring");
      return [{ contextValue: "mirror", label, description, icon: "lock", tooltip: vscode.l10n.t("While a scoring runs, the files on the box stay those that are scored. What you change meanwhile goes there afterwards.") }];
    }
    case "conflict":
      return [
        {
          contextValue: "mirror",
          label,
          description: vscode.l10n.t("{0} · look at {1}", inStep, singleLine(state.copies.join(", "))),
          icon: "git-merge",
          tooltip: vscode.l10n.t("These files were changed on both sides and both versions are kept. Take over what you need, then delete or rename the copies."),
        },
      ];
    case "paused":
      return [
        {
          contextValue: state.reason === "question" ? "mirror.question" : "mirror.paused",
          label,
          description: singleLine(state.text),
          icon: "warning",
          tooltip: messageText(state.text),
          command: state.reason === "question" ? { command: commands.answerBulkDelete, title: vscode.l10n.t("Decide About Deleted Files") } : { command: commands.connectBox, title: vscode.l10n.t("Connect to the Box") },
        },
      ];
  }
}
