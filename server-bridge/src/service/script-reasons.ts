import type { Reason } from '../protocol/state.js';
import { splitScript } from './recorded-outputs.js';

/** Where a stage's statements come from, for the words of a reason. */
export interface ScriptPlaces {
  /** Stage name, for "cell 2 of `train`". */
  stage: string;
  /** Cell index of each block. */
  blockCells: readonly number[];
}

/** `def scale(`, `class Job`, `import json` … at the start of a line: what a part of the slice defines. */
const DEFINITION = /^(?:@.*\n)*(?:async )?(def|class) (\w+)/;

/** Top-level parts of a slice: a line that is not indented and does not continue one begins a new part. */
function parts(slice: string): string[] {
  const found: string[] = [];
  for (const line of slice.split('\n')) {
    const last = found.at(-1);
    const continues = line === '' || /^[\s)\]}]/.test(line) || last?.endsWith('\\') === true;
    const decorated = last !== undefined && /(^|\n)@[^\n]*$/.test(last);
    if (last !== undefined && (continues || decorated)) {
      found[found.length - 1] = last + '\n' + line;
    } else if (line !== '') {
      found.push(line);
    }
  }
  return found;
}

function nameOf(part: string): { kind: string; name: string } | null {
  const hit = DEFINITION.exec(part);
  return hit === null ? null : { kind: hit[1] === 'class' ? 'class' : 'function', name: hit[2] ?? '' };
}

/**
 * Why a stage's script is another than the recorded one (N50): the definitions that changed, came or went, other setup
 * statements, and the stage's own cells. Never empty for texts that differ.
 */
export function scriptReasons(
  recorded: string | null,
  script: string,
  blocks: readonly number[],
  places: ScriptPlaces
): Reason[] {
  if (recorded === null) {
    return [{ kind: 'cell', text: `the code of \`${places.stage}\` changed`, stage: places.stage }];
  }
  const before = splitScript(recorded);
  const after = splitScript(script, blocks);
  const reasons = [
    ...definitionReasons(parts(before.slice), parts(after.slice)),
    ...blockReasons(before.blocks, after.blocks, places)
  ];
  return reasons.length > 0
    ? reasons
    : [{ kind: 'cell', text: `inputs or outputs of \`${places.stage}\` changed`, stage: places.stage }];
}

function definitionReasons(before: string[], after: string[]): Reason[] {
  const reasons: Reason[] = [];
  const old = new Map(
    before.flatMap(part => (nameOf(part) === null ? [] : [[nameOf(part)?.name ?? '', part] as const]))
  );
  const now = new Map(
    after.flatMap(part => (nameOf(part) === null ? [] : [[nameOf(part)?.name ?? '', part] as const]))
  );
  for (const [name, part] of now) {
    const kind = nameOf(part)?.kind ?? 'function';
    if (!old.has(name)) {
      reasons.push({ kind: 'definition', text: `${kind} \`${name}\` is used now` });
    } else if (old.get(name) !== part) {
      reasons.push({ kind: 'definition', text: `${kind} \`${name}\` changed` });
    }
  }
  for (const [name, part] of old) {
    if (!now.has(name)) {
      reasons.push({
        kind: 'definition',
        text: `${nameOf(part)?.kind ?? 'function'} \`${name}\` is not used any more`
      });
    }
  }
  const plain = (list: string[]): string => list.filter(part => nameOf(part) === null).join('\n');
  if (plain(before) !== plain(after)) {
    reasons.push({ kind: 'definition', text: 'setup statements changed' });
  }
  return reasons;
}

function blockReasons(before: string[], after: string[], places: ScriptPlaces): Reason[] {
  if (before.length !== after.length) {
    return [
      {
        kind: 'cell',
        text: `\`${places.stage}\` has ${after.length} cells, before ${before.length}`,
        stage: places.stage
      }
    ];
  }
  const trimmed = (text: string | undefined): string => (text ?? '').trimEnd();
  const changed = after.flatMap((text, index) => (trimmed(text) === trimmed(before[index]) ? [] : [index]));
  return changed.map(index => ({
    kind: 'cell' as const,
    text:
      after.length === 1
        ? `the cell of \`${places.stage}\` changed`
        : `cell ${index + 1} of ${after.length} of \`${places.stage}\` changed`,
    stage: places.stage
  }));
}
