import { CommandIDs } from './ids.js';
import { chosenStage, front, type IActionContext } from './context.js';
import { nextProblem, nextStale } from './jump.js';
import { loadResults } from './load.js';
import { tagNeeds } from './needs.js';
import { renameStage } from './rename.js';
import { telling } from './report.js';
import { reproduce, stopRun } from './reproduce.js';
import { showScript } from './script.js';
import { startProject } from './start.js';
import { tagCells, untagCells } from './tagging.js';
import { reproduceIcon, stopIcon, tagIcon } from '../views/icons.js';

/** Commands that stand in the palette. */
export const PALETTE: readonly string[] = Object.values(CommandIDs);

const NOTHING = { args: { type: 'object' as const, properties: {} } };
const STAGE = {
  args: {
    type: 'object' as const,
    properties: {
      stage: { type: 'string' as const, description: 'Name of the stage; without it that of the active cell.' }
    }
  }
};

function stageArg(args: Record<string, unknown>): string | undefined {
  return typeof args.stage === 'string' ? args.stage : undefined;
}

/** Commands that run and stop stages. */
function addRunCommands(context: IActionContext): void {
  const { commands } = context.app;
  const { trans } = context;
  const idle = (): boolean => front(context) !== null && !front(context)!.model.run.active;
  const atStage = (args: Record<string, unknown>): boolean => idle() && chosenStage(context, stageArg(args)) !== null;

  commands.addCommand(CommandIDs.reproduce, {
    label: trans.__('Reproduce'),
    caption: trans.__('Run what is out of date in this notebook, and what it needs'),
    icon: reproduceIcon,
    describedBy: NOTHING,
    isEnabled: idle,
    execute: () => telling(() => reproduce(context, { mode: 'all', stage: null, ask: false }))
  });
  commands.addCommand(CommandIDs.reproduceWithPlan, {
    label: trans.__('Reproduce with Plan…'),
    caption: trans.__('Show what would run, be restored or be skipped, then run it'),
    describedBy: NOTHING,
    isEnabled: idle,
    execute: () => telling(() => reproduce(context, { mode: 'all', stage: null, ask: true }))
  });
  commands.addCommand(CommandIDs.reproduceToHere, {
    label: trans.__('Reproduce to Here'),
    caption: trans.__('Run this stage and what it needs'),
    describedBy: STAGE,
    isEnabled: atStage,
    execute: args =>
      telling(() => reproduce(context, { mode: 'to', stage: chosenStage(context, stageArg(args)), ask: false }))
  });
  commands.addCommand(CommandIDs.reproduceOnlyThis, {
    label: trans.__('Reproduce Only This'),
    caption: trans.__('Run this stage alone, with its inputs as they are'),
    describedBy: STAGE,
    isEnabled: atStage,
    execute: args =>
      telling(() => reproduce(context, { mode: 'only', stage: chosenStage(context, stageArg(args)), ask: false }))
  });
  commands.addCommand(CommandIDs.force, {
    label: trans.__('Force'),
    caption: trans.__('Run this stage alone, even if it is fresh'),
    describedBy: STAGE,
    isEnabled: atStage,
    execute: args =>
      telling(() => reproduce(context, { mode: 'force', stage: chosenStage(context, stageArg(args)), ask: false }))
  });
  commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop Reproducing'),
    caption: trans.__('Stop the run; outs of the running stage are put back'),
    icon: stopIcon,
    describedBy: NOTHING,
    isEnabled: () => front(context)?.model.run.active ?? false,
    execute: () => telling(() => stopRun(context))
  });
}

/** Commands that change tags and names. */
function addTagCommands(context: IActionContext): void {
  const { commands } = context.app;
  const { trans } = context;
  const atNotebook = (): boolean => front(context) !== null;
  const atStage = (args: Record<string, unknown>): boolean => chosenStage(context, stageArg(args)) !== null;

  commands.addCommand(CommandIDs.tagCell, {
    label: trans.__('Tag Cell…'),
    caption: trans.__('Make the active or selected cells a stage, setup or parameters'),
    icon: tagIcon,
    describedBy: NOTHING,
    isEnabled: atNotebook,
    execute: () => telling(() => tagCells(context))
  });
  commands.addCommand(CommandIDs.tagNeeds, {
    label: trans.__('Tag the Cells This Needs…'),
    caption: trans.__('Preview and tag every cell above that this stage needs'),
    describedBy: STAGE,
    isEnabled: atStage,
    execute: args => {
      const stage = chosenStage(context, stageArg(args));
      return stage === null ? undefined : telling(() => tagNeeds(context, stage));
    }
  });
  commands.addCommand(CommandIDs.rename, {
    label: trans.__('Rename Stage…'),
    caption: trans.__('Rename a stage with its script, variables and outputs; nothing runs'),
    describedBy: STAGE,
    isEnabled: atStage,
    execute: args => telling(() => renameStage(context, stageArg(args)))
  });
  commands.addCommand(CommandIDs.untag, {
    label: trans.__('Untag'),
    caption: trans.__('Take the tags of the active or selected cells away'),
    describedBy: NOTHING,
    isEnabled: atNotebook,
    execute: () => untagCells(context)
  });
}

/** Commands that show something or bring it here. */
function addViewCommands(context: IActionContext): void {
  const { commands } = context.app;
  const { trans } = context;
  const atNotebook = (): boolean => front(context) !== null;

  commands.addCommand(CommandIDs.nextStale, {
    label: trans.__('Next Stale Stage'),
    caption: trans.__('Go to the next stage that is not fresh'),
    describedBy: NOTHING,
    isEnabled: atNotebook,
    execute: () => telling(() => nextStale(context))
  });
  commands.addCommand(CommandIDs.nextProblem, {
    label: trans.__('Next Problem'),
    caption: trans.__('Go to the next cell that has a problem'),
    describedBy: NOTHING,
    isEnabled: atNotebook,
    execute: () => telling(() => nextProblem(context))
  });
  commands.addCommand(CommandIDs.loadResults, {
    label: trans.__('Load Results up to Here'),
    caption: trans.__('Bring setup and recorded variables into the live kernel without running stages'),
    describedBy: STAGE,
    isEnabled: atNotebook,
    execute: args => telling(() => loadResults(context, stageArg(args)))
  });
  commands.addCommand(CommandIDs.showScript, {
    label: trans.__('Show Script'),
    caption: trans.__('Show what runs for this stage beside what was recorded'),
    describedBy: STAGE,
    isEnabled: args => chosenStage(context, stageArg(args)) !== null,
    execute: args => telling(() => showScript(context, stageArg(args)))
  });
  commands.addCommand(CommandIDs.startProject, {
    label: trans.__('Start Versioning Data Here'),
    caption: trans.__('Make this folder or its git repository a project'),
    describedBy: NOTHING,
    isEnabled: () => context.project.view?.start != null,
    execute: () => telling(() => startProject(context))
  });
}

/** Adds every command, and keeps menus and buttons in step with what the commands can do. */
export function addCommands(context: IActionContext): void {
  addRunCommands(context);
  addTagCommands(context);
  addViewCommands(context);
  // Only ours, and at most once a frame: Lab redraws each button of a command that says it changed.
  let frame: number | null = null;
  const refresh = (): void => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      PALETTE.forEach(id => context.app.commands.notifyCommandChanged(id));
    });
  };
  context.notebooks.changed.connect(refresh);
  context.project.changed.connect(refresh);
}
