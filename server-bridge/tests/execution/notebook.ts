import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TextCell {
  role: 'setup' | 'params' | 'stage' | 'scratch';
  stage: string | null;
  source: string;
}

/** A notebook of the check: its cells, and the text files beside it. */
export interface Book {
  name: string;
  cells: TextCell[];
  /** File name → text: data and modules. */
  files: Record<string, string>;
}

const MARK = /^# %% (setup|params|scratch|stage)(?: (\w+))?$/;

/** Reads `notebooks/<name>/`: `notebook.py` in cells under `# %% role [stage]`, all other files beside it. */
export function readBook(folder: string, name: string): Book {
  const cells: TextCell[] = [];
  for (const line of readFileSync(join(folder, name, 'notebook.py'), 'utf8')
    .trimEnd()
    .split('\n')) {
    const mark = MARK.exec(line);
    const last = cells.at(-1);
    if (mark !== null) {
      cells.push({ role: mark[1] as TextCell['role'], stage: mark[2] ?? null, source: '' });
    } else if (last !== undefined) {
      last.source += (last.source === '' ? '' : '\n') + line;
    }
  }
  const files: Record<string, string> = {};
  for (const path of readdirSync(join(folder, name), { recursive: true, withFileTypes: true })) {
    const full = join(path.parentPath, path.name);
    const relative = full.slice(join(folder, name).length + 1);
    if (path.isFile() && relative !== 'notebook.py') {
      files[relative] = readFileSync(full, 'utf8');
    }
  }
  return { name, cells, files };
}

/** The notebook as JupyterLab would save it, with the tags in the cells' metadata. */
export function toIpynb(book: Book): string {
  const cells = book.cells.map((cell, index) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${index}`,
    metadata:
      cell.role === 'scratch'
        ? {}
        : { cellar: cell.stage === null ? { role: cell.role } : { role: cell.role, stage: cell.stage } },
    outputs: [],
    source: cell.source.split(/(?<=\n)/)
  }));
  const metadata = {
    cellar: { version: 1 },
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' }
  };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1) + '\n';
}
