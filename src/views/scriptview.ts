import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { diffLines, type IDiffLine } from './linediff.js';

function lineNode(trans: TranslationBundle, line: IDiffLine, number: number | null): HTMLElement {
  const row = document.createElement('div');
  row.className = 'cellar-Script-line';
  row.classList.toggle('cellar-mod-added', line.kind === 'added');
  row.classList.toggle('cellar-mod-removed', line.kind === 'removed');
  const mark = document.createElement('span');
  mark.className = 'cellar-Script-number';
  mark.textContent = number === null ? '−' : `${line.kind === 'added' ? '+' : ''}${number}`;
  if (line.kind !== 'same') {
    mark.setAttribute('aria-label', line.kind === 'added' ? trans.__('added') : trans.__('recorded, now gone'));
  }
  const text = document.createElement('code');
  text.textContent = line.text;
  row.append(mark, text);
  return row;
}

/**
 * A stage's script as the notebook makes it now, compared with the one that its recorded output was made with. Content of
 * a project is shown as text nodes only (N60).
 */
export class ScriptView extends Widget {
  constructor(private readonly _trans: TranslationBundle) {
    super();
    this.addClass('cellar-Script');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'region');
  }

  display(stage: string, text: string, recorded: string | null): void {
    const lines =
      recorded === null
        ? text.split('\n').map(line => ({ kind: 'same' as const, text: line }))
        : diffLines(recorded, text);
    const changed = lines.filter(line => line.kind !== 'same').length;
    this.node.setAttribute('aria-label', this._trans.__('Script of stage %1', stage));
    const head = document.createElement('p');
    head.className = 'cellar-Script-head';
    head.textContent =
      recorded === null
        ? this._trans.__('What runs for %1. It has not run yet.', stage)
        : changed === 0
          ? this._trans.__('What runs for %1: the same as was recorded.', stage)
          : this._trans.__('What runs for %1, compared with what was recorded.', stage);
    let number = 0;
    this.node.replaceChildren(
      head,
      ...lines.map(line => lineNode(this._trans, line, line.kind === 'removed' ? null : (number += 1)))
    );
  }
}
