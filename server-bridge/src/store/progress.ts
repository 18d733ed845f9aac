/** Progress of many files: told at the start, at least every 200 ms, at the end; always with totals. */
import { elapsed } from '../io/clock.js';
import { sizeAt } from '../io/facts.js';
import type { WalkBlock } from '../io/walk.js';
import type { OnProgress, Step } from './jobs.js';

export interface Meter {
  /** Counts a block into the totals. */
  expect(block: WalkBlock): void;
  /** So many files and bytes of the total are still to do; the rest is done already. */
  begin(files: number, bytes: number): void;
  step: (step: Step) => void;
  end(): void;
}

const EVERY_MS = 100;

/** A meter for one operation; without a listener it costs nothing. */
export function progressMeter(onProgress: OnProgress | undefined): Meter {
  const now = { files: 0, bytes: 0, totalFiles: 0, totalBytes: 0 };
  let last = 0;
  const tell = (): void => {
    last = elapsed();
    onProgress?.({ ...now });
  };
  return {
    expect(block) {
      if (onProgress !== undefined) {
        now.totalFiles += block.names.length;
        for (let i = 0; i < block.names.length; i++) {
          now.totalBytes += sizeAt(block.facts, i);
        }
      }
    },
    begin(files, bytes) {
      now.totalFiles = Math.max(now.totalFiles, files);
      now.totalBytes = Math.max(now.totalBytes, bytes);
      now.files = now.totalFiles - files;
      now.bytes = now.totalBytes - bytes;
      tell();
    },
    step(step) {
      now.files += step.files;
      now.bytes += step.bytes;
      if (elapsed() - last >= EVERY_MS) {
        tell();
      }
    },
    end() {
      now.files = now.totalFiles;
      now.bytes = now.totalBytes;
      tell();
    }
  };
}
