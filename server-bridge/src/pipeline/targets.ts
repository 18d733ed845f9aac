import { basename, relative, resolve, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { isInside } from '../io/contain.js';
import { existsSync, statSync } from '../io/files.js';
import type { Project } from '../workspace/project.js';
import { globMatcher } from './glob.js';
import { isStageFile, type Stage } from './stage.js';

export interface TargetOptions {
  /** `-R`: a directory means every stage file below it. */
  recursive?: boolean;
  /** `--glob`: the name part is a pattern. */
  glob?: boolean;
}

/**
 * The stages that `targets` name, in the order given, each once (spec/dvc-pipelines.md §4.3).
 * @throws `E_STAGE_NOT_FOUND`, `E_STAGE_FILE_MISSING`, `E_BAD_STAGE_FILE`
 */
export function findTargets(
  project: Project,
  stages: readonly Stage[],
  targets: readonly string[],
  options: TargetOptions = {}
): Stage[] {
  return [...new Set(targets.flatMap(target => findTarget(project, stages, target, options)))];
}

function findTarget(project: Project, stages: readonly Stage[], target: string, options: TargetOptions): Stage[] {
  const at = resolve(project.cwd, target);
  if (options.recursive && statSync(at)?.isDirectory()) {
    return stages.filter(stage => isInside(at, stage.file));
  }
  const { path, name } = splitTarget(target, options.glob === true);
  const file = resolve(project.cwd, path);
  const shown = relative(project.cwd, file).split(sep).join('/');
  if (!existsSync(file) || project.ignore.ignores(file, false)) {
    const why = existsSync(file) ? 'is dvc-ignored' : 'does not exist';
    throw new CellarError('E_STAGE_FILE_MISSING', `'${shown}' ${why}`, {
      next: 'Name a stage, a dvc.yaml, or a .dvc file that exists.',
      at: { path: file }
    });
  }
  if (!isStageFile(file)) {
    const twin = existsSync(`${file}.dvc`) ? `. Do you mean '${shown}.dvc'?` : '';
    throw new CellarError('E_BAD_STAGE_FILE', `'${shown}' is not a .dvc file${twin}`, {
      next: twin ? `Use '${shown}.dvc'.` : 'Name a stage, a dvc.yaml, or a .dvc file.',
      at: { path: file }
    });
  }
  const own = stages.filter(stage => stage.file === file);
  if (name === null || own[0]?.kind === 'dvc') {
    return own;
  }
  const found = matching(own, name, options.glob === true);
  if (found.length === 0 && !options.glob) {
    throw new CellarError('E_STAGE_NOT_FOUND', `Stage '${name}' not found inside '${shown}' file`, {
      next: own.length > 0 ? `Its stages are: ${names(own)}.` : 'Add the stage first.',
      at: { path: file, stage: name }
    });
  }
  return found;
}

/** A group stands for all stages that it made; a full name for itself. */
function matching(stages: readonly Stage[], name: string, glob: boolean): Stage[] {
  if (glob) {
    const matches = globMatcher(name);
    return stages.filter(stage => matches(stage.name ?? ''));
  }
  const exact = stages.filter(stage => stage.name === name);
  return exact.length > 0 ? exact : stages.filter(stage => stage.group === name);
}

function names(stages: readonly Stage[]): string {
  const all = stages.map(stage => stage.name ?? '');
  return all.length > 10 ? `${all.slice(0, 10).join(', ')} …` : all.join(', ');
}

/**
 * A target as path of a stage file and name of a stage. The name is what follows the last `:` that no slash follows
 * (drive letters); what follows `@` belongs to the name whatever it holds.
 */
export function splitTarget(target: string, glob: boolean): { path: string; name: string | null } {
  if (glob) {
    const colon = target.lastIndexOf(':');
    return { path: (colon < 0 ? '' : target.slice(0, colon)) || 'dvc.yaml', name: target.slice(colon + 1) || null };
  }
  const at = target.indexOf('@');
  const head = at < 0 ? target : target.slice(0, at);
  const key = at < 0 ? '' : target.slice(at);
  const match = /^(.*?)(?::([^\\/:]*))?$/s.exec(head);
  const path = match?.[1] ?? head;
  const name = match?.[2] ? match[2] + key : null;
  if (basename(path) === 'dvc.lock') {
    throw new CellarError('E_BAD_STAGE_FILE', `Did you mean: \`${target.replace('.lock', '.yaml')}\`?`, {
      next: `Use '${target.replace('.lock', '.yaml')}'.`
    });
  }
  if (name === null && path !== '') {
    return isStageFile(target) ? { path: target, name: null } : { path: 'dvc.yaml', name: target };
  }
  return { path: path || 'dvc.yaml', name };
}
