import { watchedPlaces } from "../formats/claude-code-session";
import type { TranscriptStore } from "./transcript-store";

/** Changes that come faster than this, in ms, are looked at together. */
const quiet = 150;

/** Follows the file of a store, and what belongs to it beside: what is added to it, or changed in it, is read. */
export async function followTranscript(store: TranscriptStore): Promise<{ dispose(): Promise<void> }> {
  const { watch } = await import("chokidar");
  const places = watchedPlaces(store.path);
  const ignored = places === undefined ? (path: string): boolean => /[\\/](workspace|snapshots\.git|box|mirror|lock)([\\/]|$)/.test(path.slice(store.path.length)) : (path: string): boolean => !places.matters(path);
  const watcher = watch(places?.folder ?? store.path, { ignoreInitial: true, ignored });
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      store.refresh();
    }, quiet);
  });
  watcher.on("error", () => undefined);
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  // What was added between reading and watching is seen by nobody else.
  await store.refreshIfChanged();
  return {
    dispose: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
