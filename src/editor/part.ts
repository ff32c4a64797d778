import type * as vscode from "vscode";

/**
 * A part of the editor that is loaded and made with the first question to it. Loading that failed is tried again
 * with the next one.
 */
export class Part<Made extends vscode.Disposable> implements vscode.Disposable {
  private making: Promise<Made> | undefined;
  private made: Made | undefined;
  private isDisposed = false;

  constructor(private readonly make: () => Promise<Made>) {}

  get(): Promise<Made> {
    this.making ??= this.makeNow();
    return this.making;
  }

  private async makeNow(): Promise<Made> {
    try {
      this.made = await this.make();
    } catch (error) {
      this.making = undefined;
      throw error;
    }
    if (this.isDisposed) {
      this.made.dispose();
    }
    return this.made;
  }

  dispose(): void {
    this.isDisposed = true;
    this.made?.dispose();
  }
}
