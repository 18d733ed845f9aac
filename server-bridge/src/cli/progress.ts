export interface ProgressLine {
  /** `total` is null while it is not known. */
  update(done: number, total: number | null, unit: 'files' | 'bytes'): void;
  /** Removes the line. */
  end(): void;
}

/** Milliseconds between two drawings: a person sees steady movement, a slow terminal is not flooded. */
const REDRAW_MS = 100;
const BAR = 24;

/** One line on a terminal, drawn at once and then at most every 100 ms; silent when `stream` is no terminal. */
export function progressLine(title: string, stream: NodeJS.WriteStream | null, clock: () => number = Date.now): ProgressLine {
  if (stream === null || stream.isTTY !== true) {
    return { update: () => undefined, end: () => undefined };
  }
  const started = clock();
  let drawn = 0;
  let shown = true;
  stream.write(`\r\u001b[2K${title}…`);
  return {
    update(done, total, unit) {
      const now = clock();
      if (now - drawn < REDRAW_MS && done !== total) {
        return;
      }
      drawn = now;
      shown = true;
      const rate = done / Math.max(0.001, (now - started) / 1000);
      const text = progressText(title, done, total, unit, rate);
      stream.write('\r\u001b[2K' + text.slice(0, Math.max(1, (stream.columns ?? 80) - 1)));
    },
    end() {
      if (shown) {
        stream.write('\r\u001b[2K');
        shown = false;
      }
    }
  };
}

export function progressText(
  title: string,
  done: number,
  total: number | null,
  unit: 'files' | 'bytes',
  rate: number
): string {
  const show = (n: number): string => (unit === 'bytes' ? byteText(n) : String(Math.round(n)));
  if (total === null || total <= 0) {
    return `${title}: ${show(done)} ${unit === 'files' ? 'files' : ''} ${show(rate)}/s`.replace('  ', ' ');
  }
  const part = Math.min(1, done / total);
  const full = Math.round(part * BAR);
  const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
  const bar = '█'.repeat(full) + '░'.repeat(BAR - full);
  return `${title}: ${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${show(done)}/${show(total)}  ${show(rate)}/s  ${left} s left`;
}

export function byteText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
