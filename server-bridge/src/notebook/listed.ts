/** Listings of a folder that holds what the stage itself makes: the files found there take its place (N25, N29). */
import { posix } from 'node:path';
import { compareCodePoints } from '../formats/codepoints.js';
import type { AnalysisContext } from './context.js';
import type { FileIn, FilePlace, Files } from './files.js';
import type { Pattern } from './file-pattern.js';
import { CELLAR, notebookFolder, stagePaths } from './names.js';
import type { NotebookText } from './notebook.js';
import type { StagePlan } from './plan.js';
import { tagEdit, type Problems } from './problems.js';

export interface ListedInput {
  plans: ReadonlyMap<string, StagePlan>;
  place: FilePlace;
  context: AnalysisContext;
  problems: Problems;
  notebook: NotebookText;
}

/** Names that are looked at for one pattern; a larger tree is not told. */
const MOST_NAMES = 5000;

/**
 * A dep that is the notebook's folder, one above it, or another with `.cellar/` in it would hold the stage's own recorded
 * output, a circle that `dvc` refuses for the whole project. Where a pattern tells which files are meant, these are the deps;
 * else it is an error at the cell.
 */
export function settleListings(stages: ReadonlyMap<string, Files>, input: ListedInput): void {
  const { context, place, problems, plans, notebook } = input;
  for (const [stage, files] of stages) {
    for (const read of [...files.reads.values()].filter(one => !one.excluded)) {
      const own = holdsCellar(read.path, input);
      const writes = [...files.writes.values()].some(out => !out.excluded && holds(read.path, out.path));
      if (!own && !writes) {
        continue;
      }
      const others = [...stages].flatMap(([name, one]) =>
        name === stage ? [] : [...one.writes.values()].filter(out => !out.excluded).map(out => out.path)
      );
      const patterns = read.added ? null : (files.listed.get(read.path) ?? null);
      const found = patterns === null ? null : filesFound(patterns, files, others, stage, input);
      const at = { cell: read.cell, row: read.row ?? undefined, stage, path: read.path };
      const shown = read.path === '.' ? 'the notebook’s own folder' : `\`${read.path}\``;
      if (found !== null) {
        files.reads.delete(read.path);
        found.filter(path => !files.reads.has(path)).forEach(path => files.reads.set(path, { ...read, path }));
        problems.add({
          ...at,
          code: 'W_FILES_FOUND',
          severity: 'warning',
          message: `This looks for files in ${shown}, which holds what the stage makes: what is found there now (${count(found)}) counts as input, and a new file is noticed only when the notebook is compiled again.`,
          next: 'Put the files into a folder of their own.'
        });
      } else if (own) {
        files.reads.delete(read.path);
        const first = plans.get(stage)?.stage.cells[0]?.index ?? read.cell ?? 0;
        problems.add({
          ...at,
          code: 'E_DEP_HOLDS_OUT',
          message: `\`${stage}\` reads ${shown}, which holds what the stage itself makes (\`${CELLAR}\`).`,
          next: 'Put the files into a folder of their own and read that, or exclude the folder: then a change in it is not noticed.',
          fixes: [
            { label: `Exclude ${read.path} from the inputs of ${stage}`, edits: [excluding(notebook, first, read)] }
          ]
        });
      }
    }
  }

  function excluding(text: NotebookText, cell: number, read: FileIn): ReturnType<typeof tagEdit> {
    const stage = text.cells[cell];
    const edit = tagEdit(text, cell, 'stage', stageAt(cell));
    if (stage !== undefined && edit.edit === 'tag' && edit.tag !== null) {
      const { deps, ignore, ...rest } = edit.tag;
      const kept = deps?.filter(path => posix.normalize(path).replace(/(?<=.)\/$/, '') !== read.path) ?? [];
      edit.tag = { ...rest, ...(kept.length === 0 ? {} : { deps: kept }), ignore: [...(ignore ?? []), read.path] };
    }
    return edit;
  }

  function stageAt(cell: number): string {
    return [...plans.values()].find(plan => plan.stage.cells.some(one => one.index === cell))?.stage.name ?? '';
  }

  function holdsCellar(path: string, { context: { exists } }: ListedInput): boolean {
    const whole = posix.join(place.folder, path, CELLAR);
    return isAbove(path) || path === CELLAR || path.startsWith(`${CELLAR}/`)
      ? !isStageFile(path)
      : exists !== undefined && !path.includes('${') && exists(whole) === 'folder';
  }

  /** A file of a single other stage is no folder. */
  function isStageFile(path: string): boolean {
    return path.startsWith(`${CELLAR}/`) && context.exists?.(posix.join(place.folder, path)) !== 'folder';
  }
}

/** Files that match now, and those that other stages of the notebook make; null where that cannot be told. */
function filesFound(
  patterns: readonly (Pattern | null)[],
  files: Files,
  others: readonly string[],
  stage: string,
  { context, place }: ListedInput
): string[] | null {
  const found = new Set<string>();
  const notebook = posix.basename(context.notebook);
  const paths = stagePaths(notebookFolder(notebook), stage);
  const kept = ['dvc.yaml', 'dvc.lock', '.gitignore', '.dvcignore', `${CELLAR}/run.py`, paths.script, paths.outputs];
  const { list, exists } = context;
  for (const pattern of patterns) {
    if (pattern === null || list === undefined || exists === undefined) {
      return null;
    }
    const dirs = ['', ...parents(place.folder)];
    if (
      [notebook, `${paths.vars}/x.var`, ...kept].some(name => dirs.some(dir => pattern.matches(posix.join(dir, name))))
    ) {
      return null;
    }
    const budget = { left: MOST_NAMES };
    const names = (dir: string): string[] => {
      const all = list(posix.join(place.folder, dir)).flatMap(name =>
        name.endsWith('.dvc') && name !== '.dvc' ? [name, name.slice(0, -4)] : [name]
      );
      budget.left -= all.length;
      return [...new Set(all)];
    };
    const kind = (path: string): 'file' | 'folder' | null => exists(posix.join(place.folder, path));
    const now = pattern.expand({ names, kind, over: () => budget.left < 0 });
    if (budget.left < 0) {
      return null;
    }
    for (const path of [...now, ...others.filter(path => pattern.matches(path))]) {
      if (![...files.writes.keys()].some(out => out === path)) {
        found.add(path);
      }
    }
  }
  const all = [...found].sort(compareCodePoints);
  const circular = all.some(
    path =>
      path.split('/').includes(CELLAR) ||
      isAbove(path) ||
      exists?.(posix.join(place.folder, path, CELLAR)) === 'folder' ||
      [...files.writes.keys()].some(out => holds(path, out))
  );
  return circular ? null : all;
}

/** The notebook's own folder, or one above it. */
export function isAbove(path: string): boolean {
  return /^(\.|\.\.(\/\.\.)*)$/.test(path);
}

/** Whether a path, relative to the notebook's folder as the other, lies below a folder. */
export function holds(folder: string, path: string): boolean {
  if (isAbove(folder)) {
    const up = folder === '.' ? '' : `${folder}/`;
    return path !== folder && !path.startsWith(`${up}..`);
  }
  return path.startsWith(`${folder}/`);
}

function parents(folder: string): string[] {
  return folder === '' ? [] : folder.split('/').map((_, index) => '../'.repeat(index + 1));
}

function count(found: readonly string[]): string {
  return found.length === 1 ? '1 file' : `${found.length} files`;
}
