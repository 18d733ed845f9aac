import { join } from 'node:path';
import { readTextIfSync } from '../io/files.js';
import { analyse } from '../notebook/analyse.js';
import type { Analysis, AnalysisContext } from '../notebook/context.js';
import { cellsNeeded } from '../notebook/edits.js';
import { analyseOnDisk } from '../notebook/live.js';
import type { NotebookText } from '../notebook/notebook.js';
import { initPython } from '../notebook/python/parse.js';
import type { RequestResult } from '../protocol/wire.js';
import { insideProject } from './contents-path.js';
import type { Document } from './documents.js';

/**
 * The analysis of a notebook in memory; `root` null outside of a project, where nothing on disk is asked. `text` takes the
 * place of the document's own, for previews.
 */
export async function analyseText(document: Document, root: string | null, text?: NotebookText): Promise<Analysis> {
  await initPython();
  const notebook = text ?? textOf(document);
  const { language } = document.kernel;
  return root === null
    ? analyse(notebook, contextOf(document, null))
    : analyseOnDisk({ root }, insideProject(root, document.abs), notebook, { language });
}

/** *Tag the cells this needs* (N21): rows for the preview, and the edits as one list. */
export async function neededCells(
  document: Document,
  root: string | null,
  stage: string
): Promise<RequestResult<'notebook/needs'>> {
  await initPython();
  return cellsNeeded(textOf(document), contextOf(document, root), stage);
}

function textOf(document: Document): NotebookText {
  return { cells: document.cells, metadata: document.metadata };
}

function contextOf(document: Document, root: string | null): AnalysisContext {
  const { language } = document.kernel;
  return root === null
    ? { notebook: document.path, root, read: () => null, language }
    : {
        notebook: insideProject(root, document.abs),
        root,
        read: path => readTextIfSync(join(root, ...path.split('/'))),
        language
      };
}
