/** Work that can wait until the page has nothing else to do; so that scrolling stays smooth. */
const waiting = new Set<() => void>();
let isScheduled = false;

export function whenIdle(work: () => void): void {
  waiting.add(work);
  schedule();
}

export function noMore(work: () => void): void {
  waiting.delete(work);
}

function schedule(): void {
  if (!isScheduled && waiting.size > 0) {
    isScheduled = true;
    requestIdleCallback(run, { timeout: 2000 });
  }
}

function run(deadline: IdleDeadline): void {
  isScheduled = false;
  for (const work of waiting) {
    waiting.delete(work);
    work();
    if (deadline.timeRemaining() < 3) {
      break;
    }
  }
  schedule();
}
