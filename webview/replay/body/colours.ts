import { noMore, whenIdle } from "../when-idle";

/** A node of a highlighted text, which holds tokens and no markup. */
export interface Token {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly Token[];
}

declare global {
  /** What the script with the grammars (webview/replay-colours) brings; undefined for a language that it does not know. */
  var baselinerColours: ((text: string, language: string) => Token | undefined) | undefined;
}

const page = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;
const waiting = new Set<() => void>();
let isLoading = false;

/** A text in tokens; undefined where its language is not known. */
export function tokensOf(text: string, language: string): Token | undefined {
  return globalThis.baselinerColours?.(text, language);
}

/** Calls back when the page is idle and has the grammars, which are loaded when they are first asked for. */
export function whenColours(work: () => void): void {
  if (globalThis.baselinerColours !== undefined) {
    whenIdle(work);
    return;
  }
  waiting.add(work);
  if (!isLoading) {
    isLoading = true;
    whenIdle(load);
  }
}

export function noMoreColours(work: () => void): void {
  waiting.delete(work);
  noMore(work);
}

function load(): void {
  const script = document.createElement("script");
  script.src = page?.dataset["colours"] ?? "";
  // The page lets no other script run.
  script.nonce = page?.nonce ?? "";
  script.addEventListener("load", () => {
    waiting.forEach((work) => whenIdle(work));
    waiting.clear();
  });
  document.head.append(script);
}
