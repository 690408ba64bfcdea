import type { Progress } from './invocation.ts';

interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const shortestPause = 80;
const eraseLine = '\r\u001b[K';

/** At most a dozen updates a second, so that drawing never costs more than reading. */
export function createProgress(stream: ProgressStream, now: () => number): Progress {
  if (stream.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let shownAt = Number.NEGATIVE_INFINITY;
  let visible = false;
  return {
    show: (line) => {
      if (now() - shownAt < shortestPause) return;
      shownAt = now();
      visible = true;
      stream.write(eraseLine + line.slice(0, (stream.columns ?? 80) - 1));
    },
    clear: () => {
      if (visible) stream.write(eraseLine);
      visible = false;
      shownAt = Number.NEGATIVE_INFINITY;
    },
  };
}
