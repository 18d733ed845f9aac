import { analyse } from '../notebook/analyse.js';
import type { Analysis } from '../notebook/context.js';
import { analyseOnDisk } from '../notebook/live.js';
import type { NotebookText } from '../notebook/notebook.js';
import { initPython } from '../notebook/python/parse.js';
import { insideProject } from './contents-path.js';
import type { Document } from './documents.js';

/**
 * The analysis of a notebook in memory; `root` null outside of a project, where nothing on disk is asked. `text` takes the
 * place of the document's own, for previews.
 */
export async function analyseText(document: Document, root: string | null, text?: NotebookText): Promise<Analysis> {
  await initPython();
  const notebook = text ?? { cells: document.cells, metadata: document.metadata };
  const { language } = document.kernel;
  return root === null
    ? analyse(notebook, { notebook: document.path, root: null, read: () => null, language })
    : analyseOnDisk({ root }, insideProject(root, document.abs), notebook, { language });
}
