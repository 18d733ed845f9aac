/** How far a work is; totals are 0 while they are not known. */
export interface Done {
  files: number;
  bytes: number;
  totalFiles: number;
  totalBytes: number;
}

export interface ProgressLine {
  readonly update: (done: Done) => void;
  /** Removes the line. */
  readonly end: () => void;
}

/** Milliseconds between two drawings: a person sees steady movement, a slow terminal is not flooded. */
const REDRAW_MS = 100;
const BAR = 24;

/** One line on a terminal, drawn at once and then at most every 100 ms; silent when `stream` is no terminal. */
export function progressLine(
  title: string,
  stream: NodeJS.WriteStream | null,
  clock: () => number = Date.now
): ProgressLine {
  if (stream === null || stream.isTTY !== true) {
    return { update: () => undefined, end: () => undefined };
  }
  const started = clock();
  let drawn = 0;
  let shown = true;
  stream.write(`\r\u001b[2K${title}…`);
  return {
    update(done) {
      const now = clock();
      if (now - drawn < REDRAW_MS && done.files !== done.totalFiles) {
        return;
      }
      drawn = now;
      shown = true;
      const text = progressText(title, done, (now - started) / 1000);
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

/** Few large files are told in bytes, many small ones in files: whichever moves more steadily. */
const BYTES_FROM = 32 * 1024 * 1024;

export function progressText(title: string, done: Done, seconds: number): string {
  const bytes = done.totalBytes >= BYTES_FROM;
  const show = bytes ? byteText : (n: number): string => String(Math.round(n));
  const [part, total] = bytes ? [done.bytes, done.totalBytes] : [done.files, done.totalFiles];
  const rate = part / Math.max(0.001, seconds);
  if (total <= 0) {
    return `${title}: ${show(part)}  ${show(rate)}/s`;
  }
  const share = Math.min(1, part / total);
  const full = Math.round(share * BAR);
  const left = rate > 0 ? Math.ceil((total - part) / rate) : 0;
  const bar = '█'.repeat(full) + '░'.repeat(BAR - full);
  const unit = bytes ? '' : ' files';
  return `${title}: ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${show(part)}/${show(total)}${unit}  ${show(rate)}/s  ${left} s left`;
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
