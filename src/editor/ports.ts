import * as vscode from "vscode";
import { BoxError, type Forwarding, isRemote } from "../boxes";
import type { BoxSource } from "./box-source";

/** The ports of the box that lead to this computer. */
export class Ports implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private readonly forwardings = new Set<Forwarding>();
  private readonly parts: vscode.Disposable;

  constructor(private readonly source: BoxSource) {
    this.parts = vscode.Disposable.from(this.changes, source.onDidChange(() => this.stopAll()));
  }

  get list(): readonly Forwarding[] {
    return [...this.forwardings].filter(({ closed }) => !closed);
  }

  /** Asks for a port of the box, and then what to do with its address here. */
  async forward(): Promise<void> {
    const { box } = this.source.require();
    if (!isRemote(box)) {
      void vscode.window.showInformationMessage(vscode.l10n.t("The box is this computer: its ports can be opened as they are."));
      return;
    }
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t("Forward a Port of the Box"),
      prompt: vscode.l10n.t("Port on the box, such as 6006 for TensorBoard or 8888 for a notebook"),
      validateInput: (value) => (portOf(value) === undefined ? vscode.l10n.t("A number from 1 to 65535") : undefined),
    });
    const port = text === undefined ? undefined : portOf(text);
    if (port === undefined) {
      return;
    }
    const known = this.list.find(({ remotePort }) => remotePort === port);
    const forwarding =
      known ??
      // The same number where it is free.
      (await box.forward(port, "localhost", port).catch(async (error: unknown) => {
        if (error instanceof BoxError && error.reason === "port-taken") {
          return await box.forward(0, "localhost", port);
        }
        throw error;
      }));
    if (known === undefined) {
      this.forwardings.add(forwarding);
      forwarding.subscribe(() => this.changes.fire());
      this.changes.fire();
    }
    const [open, copy] = [vscode.l10n.t("Open in Browser"), vscode.l10n.t("Copy Address")];
    const chosen = await vscode.window.showInformationMessage(vscode.l10n.t("Port {0} of the box is at {1}.", port, addressOf(forwarding)), open, copy);
    if (chosen === open) {
      await this.open(forwarding);
    } else if (chosen === copy) {
      await this.copy(forwarding);
    }
  }

  async open(forwarding: Forwarding): Promise<void> {
    await vscode.env.openExternal(vscode.Uri.parse(addressOf(forwarding)));
  }

  async copy(forwarding: Forwarding): Promise<void> {
    await vscode.env.clipboard.writeText(addressOf(forwarding));
  }

  stop(forwarding: Forwarding): void {
    this.forwardings.delete(forwarding);
    forwarding.close();
    this.changes.fire();
  }

  private stopAll(): void {
    this.forwardings.forEach((forwarding) => forwarding.close());
    this.forwardings.clear();
  }

  dispose(): void {
    this.stopAll();
    this.parts.dispose();
  }
}

function addressOf({ localPort }: Forwarding): string {
  return `http://localhost:${localPort}`;
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
