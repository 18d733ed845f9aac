import { dirname, join } from 'node:path';
import type { Analysis } from '../notebook/context.js';
import { freeName } from '../notebook/checks.js';
import type { NotebookText } from '../notebook/notebook.js';
import { cellName, tagEdit } from '../notebook/problems.js';
import { readRecorded } from '../notebook/recorded.js';
import type { Problem } from '../protocol/analysis.js';
import type { HistoryEntry } from './history.js';

/** Seconds of setup that are worth a stage (N19). */
const SLOW = 2;

/**
 * N19: setup that took long when a stage ran last takes as long in every stage that needs it. Times are those of the
 * newest run of each stage here, as far as its script is still the one that ran. `historyOf` tells a stage's history.
 */
export function slowSetup(
  analysis: Analysis,
  notebook: NotebookText,
  abs: string,
  historyOf: (stage: string) => HistoryEntry | undefined
): Problem[] {
  const slowest = new Map<number, { seconds: number; row: number; stages: string[] }>();
  for (const stage of analysis.stages) {
    for (const [cell, { seconds, row }] of secondsByCell(stage, abs, historyOf(stage.name))) {
      const known = slowest.get(cell);
      if (seconds > SLOW) {
        slowest.set(cell, {
          seconds: Math.max(seconds, known?.seconds ?? 0),
          row,
          stages: [...(known?.stages ?? []), stage.name]
        });
      }
    }
  }
  return [...slowest].map(([cell, { seconds, row, stages }]) => {
    const taken = analysis.stages.some(stage => stage.name === 'setup');
    const name = taken ? freeName(analysis.notebook, `setup-${cell + 1}`) : 'setup';
    return {
      code: 'W_SLOW_SETUP',
      severity: 'hint',
      message: `Setup in ${cellName(cell)} took ${seconds.toFixed(1)} s, in each of ${stages.map(each => `\`${each}\``).join(', ')}.`,
      next: 'Make it a stage: its result is then kept.',
      notebook: analysis.notebook,
      cell,
      line: row + 1,
      fixes: [{ label: `Make it the stage ${name}`, edits: [tagEdit(notebook, cell, 'stage', name)] }]
    };
  });
}

/** What the statements of each setup cell took in sum, with the row of the slowest. */
function secondsByCell(
  stage: Analysis['stages'][number],
  abs: string,
  history: HistoryEntry | undefined
): Map<number, { seconds: number; row: number }> {
  const found = new Map<number, { seconds: number; row: number; most: number }>();
  const told = timesOf(history?.facts);
  const body = stage.script.slice(stage.script.indexOf('\n') + 1);
  if (told.length === 0 || readRecorded(join(dirname(abs), stage.paths.outputs))?.script !== body) {
    return found;
  }
  for (const [line, seconds] of told) {
    const origin = stage.lines.find(each => each.line === line);
    if (origin !== undefined && !stage.cells.includes(origin.cell)) {
      const { row, most, seconds: sum } = found.get(origin.cell) ?? { row: origin.row, most: 0, seconds: 0 };
      const slower = seconds > most;
      found.set(origin.cell, {
        seconds: sum + seconds,
        row: slower ? origin.row : row,
        most: slower ? seconds : most
      });
    }
  }
  return found;
}

/** `setup_seconds` of the runner's facts: line of the script, seconds. */
function timesOf(facts: Record<string, unknown> | undefined): [number, number][] {
  const told = facts?.['setup_seconds'];
  return Array.isArray(told)
    ? told.filter((each): each is [number, number] => Array.isArray(each) && each.every(one => typeof one === 'number'))
    : [];
}
