import * as vscode from "vscode";
import { messageText, singleLine } from "../base";
import { type BoxQuestion, type Credentials, type HostKeyQuestion, type Jump, loadSsh, type SshBox, type SshHost } from "../boxes";
import { settings } from "../contributions";
import type { Log } from "./log";

/** How to reach a box over SSH, as an assignment or a journal says it. */
export interface BoxAddress {
  readonly target: string;
  /** Fingerprints of its host keys. */
  readonly hostKey?: readonly string[] | undefined;
  /** The machines on the way to it, the nearest first. */
  readonly jump?: readonly Jump[] | undefined;
  /** Program through which scorings are started there. */
  readonly entry?: string | undefined;
}

/**
 * The way into boxes over SSH: asks the person for what keys and boxes want to know.
 * Passphrases and passwords are kept in VS Code's secret storage, and given away only there.
 */
export class BoxAccess {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly log: Log,
  ) {}

  /** Not connected yet. @throws {BoxError} `target-invalid` */
  async boxAt({ target, hostKey, jump, entry }: BoxAddress): Promise<SshBox> {
    const { boxAt } = await loadSsh();
    const configFile = vscode.workspace.getConfiguration().get<string>(settings.sshConfigFile, "");
    return await boxAt(target, {
      hostKeys: hostKey,
      jump,
      entry: entry ?? null,
      ...(configFile === "" ? {} : { configFile }),
      credentials: this.credentials,
      confirmHostKey: confirmHostKey,
      log: (line) => this.log.note(line),
    });
  }

  private readonly credentials: Credentials = {
    passphrase: (keyFile, failed) =>
      this.secret(`passphrase ${keyFile}`, failed, vscode.l10n.t("Passphrase of {0}", singleLine(keyFile)), vscode.l10n.t("This passphrase does not open the key; try again.")),
    password: (host, failed) =>
      this.secret(`password ${addressOf(host)}`, failed, vscode.l10n.t("Password of {0}", addressOf(host)), vscode.l10n.t("{0} refused this password; try again.", singleLine(host.name))),
    answers: async (host, name, instructions, questions) => await answers(host, [name, instructions], questions),
  };

  /** A kept secret, or what the person types; a wrong one is forgotten first. */
  private async secret(key: string, failed: boolean, title: string, wrong: string): Promise<string | undefined> {
    if (failed) {
      await this.secrets.delete(key);
    } else {
      const kept = await this.secrets.get(key);
      if (kept !== undefined) {
        return kept;
      }
    }
    const typed = await vscode.window.showInputBox({
      title,
      password: true,
      ignoreFocusOut: true,
      prompt: failed ? wrong : vscode.l10n.t("Kept in VS Code's secret storage until you choose Baseliner: Forget Box Secrets."),
    });
    if (typed !== undefined) {
      await this.secrets.store(key, typed);
      await this.remember(key);
    }
    return typed;
  }

  private async remember(key: string): Promise<void> {
    const keys = await this.keys();
    if (!keys.includes(key)) {
      await this.secrets.store(listKey, JSON.stringify([...keys, key]));
    }
  }

  private async keys(): Promise<string[]> {
    const value: unknown = JSON.parse((await this.secrets.get(listKey)) ?? "[]");
    return Array.isArray(value) ? value.filter((key) => typeof key === "string") : [];
  }

  /** Removes every kept passphrase and password. Resolves with their number. */
  async forget(): Promise<number> {
    const keys = await this.keys();
    for (const key of [...keys, listKey]) {
      await this.secrets.delete(key);
    }
    return keys.length;
  }
}

/** Under this key lie the keys of all others; VS Code cannot list them everywhere. */
const listKey = "box secrets";

function addressOf({ user, host, port }: SshHost): string {
  return singleLine(`${user}@${host}${port === 22 ? "" : `:${port}`}`);
}

/** Shows the fingerprint of a host that nothing vouches for, before anything is sent to it. */
async function confirmHostKey({ host, port, fingerprint, type, otherKnownTypes }: HostKeyQuestion): Promise<boolean> {
  const trust = vscode.l10n.t("Trust This Key");
  const wary =
    otherKnownTypes.length === 0
      ? []
      : [vscode.l10n.t("It is known by a key of another type ({0}) and shows this one instead. Be wary.", singleLine(otherKnownTypes.join(", ")))];
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("Is this the key of {0}?", messageText(port === 22 ? host : `${host}:${port}`)),
    {
      modal: true,
      detail: [`${singleLine(type)}\n${fingerprint}`, ...wary, vscode.l10n.t("Compare it with what you were given. Nothing has been sent to the box yet.")].join("\n\n"),
    },
    trust,
  );
  return chosen === trust;
}

/** The box's own questions one after the other; undefined where the person leaves one. */
async function answers(host: SshHost, titles: readonly string[], questions: readonly BoxQuestion[]): Promise<string[] | undefined> {
  const given: string[] = [];
  for (const { text, echo } of questions) {
    const answer = await vscode.window.showInputBox({
      title: vscode.l10n.t("{0} asks", singleLine(host.name)),
      prompt: singleLine([...titles, text].filter((part) => part !== "").join(" · "), 300),
      password: !echo,
      ignoreFocusOut: true,
    });
    if (answer === undefined) {
      return undefined;
    }
    given.push(answer);
  }
  return given;
}
