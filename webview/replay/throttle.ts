/**
 * Calls at once, and once in `ms` for as long as there is more: at the end of each `ms` in which it was asked for, the last time included.
 * What the first call was too early for comes with the one behind it.
 */
export function throttled(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;
  const again = (): void => {
    timer = isDue ? setTimeout(again, ms) : undefined;
    if (isDue) {
      isDue = false;
      act();
    }
  };
  return () => {
    isDue = true;
    if (timer === undefined) {
      timer = setTimeout(again, ms);
      act();
    }
  };
}
