import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parsePipelineFile, setStage } from '../formats/pipelinefile.js';
import type { ValueMap } from '../formats/value.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { forgetNotebook } from '../notebook/forget.js';
import { adoptNotebook, renameStage } from '../notebook/rename.js';
import { CellarError } from '../protocol/errors.js';
import type { NotebookEdit } from '../protocol/analysis.js';
import { withProjectLock } from '../workspace/lock.js';
import { neededCells } from './analysing.js';
import { insideProject } from './contents-path.js';
import type { Document } from './documents.js';
import { gitFacts } from './git-facts.js';
import { putBackCommitted } from './loading-problems.js';
import { mendRenames } from './locked.js';
import type { ProjectSession } from './project-session.js';
import { compileDocument } from './runs.js';

/** Writes `frozen` and `always_changed` of a compiled stage into `dvc.yaml`, where such options live alone (N1, N7). */
export async function setStageOptions(
  session: ProjectSession,
  notebook: string,
  stage: string,
  options: { frozen: boolean; always: boolean }
): Promise<void> {
  const project = await session.project();
  const path = join(dirname(notebook), 'dvc.yaml');
  const keep = await session.holdTrust();
  await withProjectLock(project, {}, async () => {
    const text = readTextIfSync(path) ?? '';
    const entry = parsePipelineFile(text, 'dvc.yaml').stages.get(stage);
    if (!(entry instanceof Map)) {
      throw new CellarError('E_NO_STAGE', `'${stage}' is not in dvc.yaml yet.`, { next: 'Save the notebook first.' });
    }
    const next: ValueMap = new Map(entry);
    for (const [key, on] of [
      ['frozen', options.frozen],
      ['always_changed', options.always]
    ] as const) {
      if (on) {
        next.set(key, true);
      } else {
        next.delete(key);
      }
    }
    publishFile(path, setStage(text, stage, next), { expect: text });
  });
  await keep();
  session.invalidate();
}

/** N5: everything of a stage moves to its new name, nothing runs; the tags are for the tab to change. */
export async function renameStageOf(
  session: ProjectSession,
  document: Document,
  stage: string,
  to: string
): Promise<NotebookEdit[]> {
  const project = await session.project();
  const keep = await session.holdTrust();
  await compileDocument(session, document);
  const path = insideProject(project.root, document.abs);
  const text = { cells: document.cells, metadata: document.metadata };
  const edits = await withProjectLock(project, {}, () => renameStage(project, path, text, stage, to));
  await keep();
  session.invalidate();
  return edits;
}

const StageParams = z.object({ stage: z.string() });
const NameParams = z.object({ name: z.string() });
const FromParams = z.object({ from: z.string() });
const PathParams = z.object({ path: z.string() });
const NotebookParams = z.object({ notebook: z.string() });

/**
 * The engine's part of a fix that stands as a button at a cell or in *Problems*. Returns edits that the tab applies as one
 * undo step; most fixes have none.
 * @throws CellarError `E_UNKNOWN_FIX`
 */
export async function applyFix(
  session: ProjectSession,
  document: Document | null,
  method: string,
  params: unknown
): Promise<NotebookEdit[]> {
  const project = await session.project();
  switch (method) {
    case 'git/add': {
      const { unadded } = await gitFacts(project, (await session.stages()).stages);
      await project.git?.add(unadded.map(path => join(project.root, path)));
      session.invalidate();
      return [];
    }
    case 'git/untrack':
      await project.git?.untrack([join(project.root, PathParams.parse(params).path)]);
      session.invalidate();
      return [];
    case 'file/put-back':
      await editing(session, () => putBackCommitted(project, PathParams.parse(params).path));
      return [];
    case 'notebook/forget':
      await editing(session, () => forgetNotebook(project, NotebookParams.parse(params).notebook));
      return [];
    default:
      return document === null ? unknownFix(method) : fixNotebook(session, document, method, params);
  }
}

/** An edit of the project's files by itself: alone in the project, and a trusted project stays so (N64). */
async function editing(session: ProjectSession, work: () => Promise<void>): Promise<void> {
  const project = await session.project();
  const keep = await session.holdTrust();
  await mendRenames(project);
  await withProjectLock(project, {}, work);
  await keep();
  session.invalidate();
}

/** Fixes that need the notebook itself. */
async function fixNotebook(
  session: ProjectSession,
  document: Document,
  method: string,
  params: unknown
): Promise<NotebookEdit[]> {
  switch (method) {
    case 'compile/keep':
      await compileDocument(session, document, { keep: new Set([StageParams.parse(params).stage]) });
      return [];
    case 'compile/take':
      await compileDocument(session, document, { take: new Set([StageParams.parse(params).stage]) });
      return [];
    case 'params/write':
      await compileDocument(session, document, { write: new Set([NameParams.parse(params).name]) });
      return [];
    case 'notebook/adopt': {
      const project = await session.project();
      const path = insideProject(project.root, document.abs);
      await editing(session, () => adoptNotebook(project, FromParams.parse(params).from, path));
      return [];
    }
    case 'notebook/needs':
      return (await neededCells(document, session.root, StageParams.parse(params).stage)).edits;
    default:
      return unknownFix(method);
  }
}

function unknownFix(method: string): never {
  throw new CellarError('E_UNKNOWN_FIX', `This Cellar knows no fix '${method}' here.`, { next: 'Reload the page.' });
}
