/** Medians, ranges and ratios of a run, as a table. */
const KINDS = ['wall', 'cpu', 'memory', 'own'];
export const GOAL = 0.5;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function ofTool(results, work, tool, kind) {
  return results.filter(row => row.work === work && row.tool === tool).map(row => row[kind]);
}

/** Ratio cellar ÷ dvc of each round, for one work and kind. */
function ratios(results, work, kind) {
  const ours = ofTool(results, work, 'cellar', kind);
  return ofTool(results, work, 'dvc', kind).map((theirs, round) => ours[round] / theirs);
}

/** For each work and kind the median ratio and whether it is below the goal. */
export function goals(results) {
  const works = [...new Set(results.map(row => row.work))];
  return works.flatMap(work =>
    KINDS.map(kind => ({ work, kind, ratio: median(ratios(results, work, kind)), goal: GOAL }))
  );
}

export function print(results, bare) {
  const works = [...new Set(results.map(row => row.work))];
  const head = ['', 'wall s', '', 'ratio', 'CPU s', '', 'ratio', 'peak MB', '', 'ratio', 'own MB', '', 'ratio'];
  const rows = [['work', ...KINDS.flatMap(() => ['dvc', 'cellar', '(range)'])]];
  for (const work of works) {
    const row = [work];
    for (const kind of KINDS) {
      const digits = kind === 'memory' || kind === 'own' ? 0 : 2;
      row.push(...['dvc', 'cellar'].map(tool => median(ofTool(results, work, tool, kind)).toFixed(digits)));
      const all = ratios(results, work, kind);
      const mark = median(all) < GOAL ? '' : ' !';
      row.push(`${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)})${mark}`);
    }
    rows.push(row);
  }
  const all = [head, ...rows];
  const widths = all[1].map((_, i) => Math.max(...all.map(row => row[i].length)));
  console.log(
    all
      .map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
      .join('\n')
  );
  const missed = goals(results).filter(goal => goal.ratio >= GOAL).length;
  console.log(
    `A bare interpreter alone takes ${bare.dvc.memory.toFixed(0)} MB (Python) and ${bare.cellar.memory.toFixed(0)} MB (Node) of the peaks, ` +
      `${bare.dvc.own.toFixed(0)} MB and ${bare.cellar.own.toFixed(0)} MB without pages of program files.\n` +
      `Goal: every ratio below ${GOAL}. ${missed === 0 ? 'All met.' : `${missed} not met, marked with "!".`}`
  );
}
