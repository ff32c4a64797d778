import type { FromReplay, ReplayAnswers, ReplayAsked, ReplayQuestion, ReplayState, ToReplay } from "../../src/protocol";

const api = acquireVsCodeApi<ReplayState>();
let requests = 0;
const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

export function send(message: FromReplay): void {
  api.postMessage(message);
}

/** Asks the extension. Rejects with its words where it cannot answer. */
export function ask<Name extends ReplayQuestion>(question: Name, asked: ReplayAsked[Name]): Promise<ReplayAnswers[Name]> {
  const request = requests++;
  send({ type: "ask", request, question, asked });
  return new Promise<ReplayAnswers[Name]>((resolve, reject) => waiting.set(request, { resolve, reject }));
}

/** What the extension says by itself. */
export type Heard = Exclude<ToReplay, { type: "answer" | "refused" }>;

/** Hears what the extension says by itself; answers go to who asked. */
export function listen(hear: (message: Heard) => void): void {
  window.addEventListener("message", ({ data }: MessageEvent<ToReplay>) => {
    if (data.type === "answer" || data.type === "refused") {
      const asked = waiting.get(data.request);
      waiting.delete(data.request);
      if (data.type === "answer") {
        asked?.resolve(data.value as never);
      } else {
        asked?.reject(new Error(data.problem));
      }
    } else {
      hear(data);
    }
  });
}

/** What this page kept while it was hidden. */
export function keptState(): ReplayState | undefined {
  return api.getState();
}

/** Remembers, for this page alone, that it has run. */
export function hasOpened(state: ReplayState): void {
  api.setState(state);
}

/** Keeps the state, here at once and in the extension for when VS Code starts again. */
export function keep(state: ReplayState): void {
  api.setState(state);
  send({ type: "remember", state });
}
