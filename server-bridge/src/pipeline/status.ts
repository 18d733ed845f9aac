import type { WorkOptions } from '../workspace/out.js';
import type { Project } from '../workspace/project.js';
import { shownOf, stageChanges, type StageChanges } from './changes.js';
import { addressOf, stageText, type Stage } from './stage.js';

/** `modified`, `deleted` …; for a parameter file one for each key. */
export type Word = string | Map<string, string>;

/** One part of what `dvc status --json` says of a stage, in DVC's order (spec/dvc-pipelines.md §3.3). */
export type StatusPart =
  | { 'changed deps': Map<string, Word> }
  | { 'changed outs': Map<string, Word> }
  | 'always changed'
  | 'changed command'
  | 'changed checksum';

/** Address → its parts; only stages that have any. */
export type Status = Map<string, StatusPart[]>;

export interface StatusOptions extends WorkOptions {
  /** A sentence for the user that is not part of the result. */
  warn?: (text: string) => void;
}

/** The status of stages as `dvc status` gives it: of a frozen stage the deps are not looked at. */
export async function statusOf(
  project: Project,
  stages: readonly Stage[],
  options: StatusOptions = {}
): Promise<Status> {
  const result: Status = new Map();
  for (const stage of stages) {
    if (stage.frozen) {
      options.warn?.(
        `${stageText(stage, project.cwd)} is frozen. Its dependencies are not going to be shown in the status output.`
      );
    }
    const parts = await stageStatus(project, stage, options);
    if (parts.length > 0) {
      result.set(addressOf(stage, project.cwd), parts);
    }
  }
  return result;
}

/** The parts of one stage; empty when nothing changed. */
export async function stageStatus(project: Project, stage: Stage, options: WorkOptions = {}): Promise<StatusPart[]> {
  return statusParts(project, await stageChanges(project, stage, { ...options, deps: !stage.frozen }));
}

function statusParts(project: Project, changes: StageChanges): StatusPart[] {
  const parts: StatusPart[] = [];
  const deps = [...changes.deps, ...changes.params].map(({ dep, status }): [string, Word] => [
    shownOf(project, dep),
    status
  ]);
  if (deps.length > 0) {
    parts.push({ 'changed deps': new Map(deps) });
  }
  if (changes.outs.length > 0) {
    parts.push({ 'changed outs': new Map(changes.outs.map(({ out, status }) => [shownOf(project, out), status])) });
  }
  if (changes.always) {
    parts.push('always changed');
  }
  if (changes.command) {
    parts.push('changed command');
  }
  return parts;
}

/** What `dvc status` prints for people: parts indented by a tab, words in a column of twenty. */
export function statusLines(status: Status): string[] {
  return [...status].flatMap(([address, parts]) => [`${address}:`, ...parts.flatMap(partLines)]);
}

function partLines(part: StatusPart): string[] {
  if (typeof part === 'string') {
    return [`\t${part}`];
  }
  const [title, words] = Object.entries(part)[0] as [string, Map<string, Word>];
  return [
    `\t${title}:`,
    ...[...words].flatMap(([path, word]) =>
      typeof word === 'string'
        ? [wordLine(word, path)]
        : [`\t\t${path}:`, ...[...word].map(([key, inner]) => `\t${wordLine(inner, key)}`)]
    )
  ];
}

function wordLine(word: string, path: string): string {
  return `\t\t${`${word}:`.padEnd(20)}${path}`;
}
