import type { IPanelActions } from '../views/panel.js';
import type { IActionContext } from './context.js';
import { applyFix } from './fixes.js';
import { goToProblem, goToStage } from './jump.js';
import { openProjectFile } from './openfile.js';
import { telling } from './report.js';
import { startProject } from './start.js';
import { tagCells } from './tagging.js';
import { reviewProject } from './trusting.js';

/** What the buttons of the panel do. */
export function panelActions(context: IActionContext): IPanelActions {
  const goTo = async (stage: string, notebook: string | null): Promise<void> => {
    if (!(await goToStage(context, stage)) && notebook !== null && (await openProjectFile(context, notebook))) {
      await goToStage(context, stage);
    }
  };
  return {
    start: () => void telling(() => startProject(context)),
    review: () => void telling(() => reviewProject(context)),
    refresh: () => void context.project.refresh(true),
    retry: () => context.bridge.retry(),
    tag: () => void telling(() => tagCells(context)),
    goToStage: (stage, notebook) => void telling(() => goTo(stage, notebook)),
    goToProblem: problem => void telling(() => goToProblem(context, problem)),
    fix: fix => void applyFix(context, fix, context.notebooks.current)
  };
}
