import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Found } from '../../server-bridge/src/protocol/analysis.js';
import type { TagDraft } from '../models/tagdraft.js';
import type { OutKind } from '../stages/tags.js';
import { Icon } from './icons.js';
import { Button, CodeText, IconButton } from './parts.js';
import type { ShapeName } from './shapes.js';

function shape(item: Found): ShapeName {
  if (item.kind === 'file' && item.outKind !== undefined && item.outKind !== 'out') {
    return item.outKind;
  }
  return item.kind === 'param' ? 'params' : item.kind;
}

function kindWord(trans: TranslationBundle, kind: OutKind): string {
  return { out: trans.__('out'), metric: trans.__('metric'), plot: trans.__('plot') }[kind];
}

const KINDS: readonly OutKind[] = ['out', 'metric', 'plot'];

/** Where it comes from, or how it is read: a variable that is read comes from a stage. */
function howWords(trans: TranslationBundle, item: Found, input: boolean): string {
  if (item.excluded) {
    return trans.__('excluded');
  }
  return item.kind === 'variable' && input && !item.how.startsWith('from ') ? trans.__('from %1', item.how) : item.how;
}

/** One found item. Variables, parameters and modules are what they are; only files can be excluded (N1). */
function FoundRow(props: {
  readonly trans: TranslationBundle;
  readonly item: Found;
  readonly input: boolean;
  readonly draft: TagDraft;
}): React.JSX.Element {
  const { trans, item, draft } = props;
  const file = item.kind === 'file';
  return (
    <li className={item.excluded ? 'cellar-mod-excluded' : ''} data-cellar-found={item.name}>
      <Icon name={shape(item)} />
      <span className="cellar-code cellar-ellipsis" title={item.name}>
        {item.name}
      </span>
      <span className="cellar-muted cellar-ellipsis" title={item.how}>
        <CodeText text={howWords(trans, item, props.input)} />
      </span>
      {file && item.outKind !== undefined && !item.excluded && (
        <select
          className="cellar-Kind"
          aria-label={trans.__('Kind of %1', item.name)}
          value={item.outKind}
          onChange={event => draft.setKind(item, KINDS.find(kind => kind === event.target.value) ?? 'out')}
        >
          {KINDS.map(kind => (
            <option key={kind} value={kind}>
              {kindWord(trans, kind)}
            </option>
          ))}
        </select>
      )}
      {!file && <span className="cellar-Found-noAction" />}
      {file &&
        (item.excluded ? (
          <IconButton icon="undo" label={trans.__('Restore %1', item.name)} onClick={() => draft.restore(item)} />
        ) : (
          <IconButton icon="close" label={trans.__('Exclude %1', item.name)} onClick={() => draft.exclude(item)} />
        ))}
    </li>
  );
}

/** *Inputs* or *Outputs* with what was found. */
function FoundPart(props: {
  readonly trans: TranslationBundle;
  readonly title: string;
  readonly items: readonly Found[];
  readonly input: boolean;
  readonly draft: TagDraft;
}): React.JSX.Element | null {
  const { trans, title, items, draft } = props;
  if (items.length === 0) {
    return null;
  }
  return (
    <>
      <p className="cellar-Popover-title">
        {title} <span>{items.filter(item => !item.excluded).length}</span>
      </p>
      <ul className="cellar-Found" aria-label={title}>
        {items.map(item => (
          <FoundRow key={`${item.kind} ${item.name}`} trans={trans} item={item} input={props.input} draft={draft} />
        ))}
      </ul>
    </>
  );
}

/** Adds a file or folder that the code does not show. */
function AddFile(props: { readonly trans: TranslationBundle; readonly draft: TagDraft }): React.JSX.Element {
  const { trans, draft } = props;
  const [path, setPath] = React.useState('');
  const [side, setSide] = React.useState<'deps' | 'outs'>('deps');
  const add = (): void => {
    if (path.trim() !== '') {
      draft.add(side, path.trim());
      setPath('');
    }
  };
  return (
    <div className="cellar-AddFile">
      <input
        className="cellar-Input"
        aria-label={trans.__('Add a file or folder')}
        placeholder={trans.__('Add a file or folder')}
        value={path}
        onChange={event => setPath(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            event.preventDefault();
            add();
          }
        }}
      />
      <select
        className="cellar-Input"
        aria-label={trans.__('Add it as')}
        value={side}
        onChange={event => setSide(event.target.value === 'outs' ? 'outs' : 'deps')}
      >
        <option value="deps">{trans.__('input')}</option>
        <option value="outs">{trans.__('output')}</option>
      </select>
      <Button onClick={add} disabled={path.trim() === ''}>
        {trans.__('Add')}
      </Button>
    </div>
  );
}

/** What the stage reads and writes, as the code shows it and as the tag says. */
export function FoundList(props: { readonly trans: TranslationBundle; readonly draft: TagDraft }): React.JSX.Element {
  const { trans, draft } = props;
  const found = draft.found ?? draft.notebook.view?.stages.find(stage => stage.name === draft.stage)?.found ?? null;
  return (
    <>
      <FoundPart trans={trans} title={trans.__('Inputs')} items={found?.inputs ?? []} input draft={draft} />
      <FoundPart trans={trans} title={trans.__('Outputs')} items={found?.outputs ?? []} input={false} draft={draft} />
      <AddFile trans={trans} draft={draft} />
    </>
  );
}
