import { dirname, join } from 'node:path';
import { readRecorded } from '../notebook/recorded.js';
import type { RecordedStage } from '../protocol/wire.js';
import { readHistory } from './history.js';
import type { OpenNotebook } from './open-notebook.js';
import { md5Of, splitScript } from './recorded-outputs.js';
import type { ProjectSession } from './project-session.js';

/**
 * The recorded outputs of the notebook's stages, cell by cell (N45, N56). Outputs of a block belong to a cell when the
 * block's text is what the cell compiles to today; otherwise `source` is empty and the tab shows them nowhere.
 */
export async function recordedStages(session: ProjectSession, notebook: OpenNotebook): Promise<RecordedStage[]> {
  const project = await session.project();
  const analysis = await notebook.analysis();
  const { stages } = await session.stages();
  const history = readHistory(project.tmpDir);
  const folder = dirname(notebook.document.abs);
  const found: RecordedStage[] = [];
  for (const result of analysis.stages) {
    const recorded = readRecorded(join(folder, result.paths.outputs));
    const stage = stages.find(each => each.file === join(folder, 'dvc.yaml') && each.name === result.name);
    const md5 = stage?.outs.find(out => out.path === result.paths.outputs)?.recorded?.hash?.value;
    if (recorded === null || md5 === undefined) {
      continue;
    }
    const now = splitScript(result.script.slice(result.script.indexOf('\n') + 1), result.header.blocks).blocks;
    const before = splitScript(recorded.script).blocks;
    found.push({
      stage: result.name,
      md5,
      madeHere: history[stage?.id ?? '']?.made === md5,
      cells: result.blockCells.map((cell, index) => ({
        cell,
        source:
          now[index]?.trimEnd() === before[index]?.trimEnd() ? md5Of(notebook.document.cells[cell]?.source ?? '') : '',
        outputs: recorded.blocks[index] ?? []
      }))
    });
  }
  return found;
}
