import { createHash } from 'node:crypto';
import type { Stage, StageOut } from '../pipeline/stage.js';
import { SCRIPT_BLOCK_MARK } from '../protocol/script.js';

/** The recorded output among the outs of a stage, as loaded; undefined for a stage that has none (N7). */
export function recordedOut(stage: Stage): StageOut | undefined {
  return stage.outs.find(out => /(^|\/)\.cellar\/[^/]+\/outputs\/[^/]+\.json$/.test(out.path));
}

/**
 * The texts of a script's slice and blocks. `script` is the text without its first line, `blocks` the first lines of its
 * blocks counted in the whole file (N9); without them the block marks tell where blocks begin.
 */
export function splitScript(script: string, blocks?: readonly number[]): { slice: string; blocks: string[] } {
  const lines = script.split('\n');
  // Line n of the file is lines[n - 2]: the header line is not in the text.
  const starts =
    blocks?.map(line => line - 2) ?? lines.flatMap((line, index) => (line === SCRIPT_BLOCK_MARK ? [index + 1] : []));
  const first = starts[0] ?? lines.length;
  return {
    slice: lines.slice(0, Math.max(0, first - 1)).join('\n'),
    blocks: starts.map((start, index) => {
      const next = starts[index + 1];
      return lines.slice(start, next === undefined ? lines.length : next - 1).join('\n');
    })
  };
}

export function md5Of(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}
