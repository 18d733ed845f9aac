import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { NotebookModel } from '../models/notebook.js';
import { stateWord } from './words.js';

/** What a run says at this moment, in words; empty while there is nothing to say. Changes with stages, never with seconds. */
export function runWords(trans: TranslationBundle, model: NotebookModel): string {
  const { job } = model;
  if (model.notice === 'up-to-date') {
    return trans.__('Everything is up to date');
  }
  if (job === null || model.run.outdated) {
    return '';
  }
  const failed = job.steps.find(step => step.step === 'failed');
  if (failed !== undefined && (job.state === 'failed' || !job.ended)) {
    return trans.__('%1 failed', failed.name);
  }
  if (job.ended) {
    return job.state === 'done' ? trans.__('Reproduced') : trans.__('Stopped');
  }
  const running = job.steps.filter(step => step.step === 'started').map(step => step.name);
  return running.length === 0 ? '' : trans.__('%1 %2', running.join(', '), stateWord(trans, 'running'));
}

/** The live region of a notebook: speaks at a change of stage. */
export class Announcer implements IDisposable {
  constructor(
    private readonly _model: NotebookModel,
    private readonly _trans: TranslationBundle,
    parent: HTMLElement
  ) {
    this._node = document.createElement('div');
    this._node.className = 'cellar-visuallyHidden';
    this._node.setAttribute('role', 'status');
    this._node.setAttribute('aria-live', 'polite');
    parent.append(this._node);
    _model.changed.connect(this._onChanged, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._node.remove();
      Signal.clearData(this);
    }
  }

  private _onChanged(): void {
    const words = runWords(this._trans, this._model);
    if (words !== this._node.textContent) {
      this._node.textContent = words;
    }
  }

  private readonly _node: HTMLElement;
  private _isDisposed = false;
}
