// @vitest-environment jsdom
import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookModel as LabNotebook, NotebookPanel } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';
import type { NotebookModel } from '../models/notebook.js';
import { ChipLayer } from '../views/chips.js';
import { FakeBridge } from './fakebridge.js';
import { labNotebook, ourNotebook, settle } from './notebookfixture.js';

const trans = nullTranslator.load('jupyterlab_cellar');

interface IScreen {
  readonly layer: ChipLayer;
  readonly node: (index: number) => HTMLElement;
  readonly opened: ICellModel[];
  readonly fixed: string[];
}

/** The parts of a notebook panel that the chips touch: one node a cell, kept while the model's cell lives. */
function screen(lab: LabNotebook, model: NotebookModel): IScreen {
  const nodes = new Map<ICellModel, HTMLElement>();
  const widgets = (): Cell[] =>
    Array.from(lab.cells, cell => {
      const node = nodes.get(cell) ?? document.createElement('div');
      if (!nodes.has(cell)) {
        nodes.set(cell, node);
        document.body.append(node);
      }
      return { model: cell, node, ready: Promise.resolve() } as unknown as Cell;
    });
  const content = {
    get widgets() {
      return widgets();
    },
    node: document.body,
    modelContentChanged: new Signal<object, void>({})
  };
  const opened: ICellModel[] = [];
  const fixed: string[] = [];
  const layer = new ChipLayer({
    panel: { content, isDisposed: false } as unknown as NotebookPanel,
    model,
    trans,
    actions: {
      open: cell => opened.push(cell.model),
      fix: fix => fixed.push(fix.label),
      rename: stage => fixed.push(`rename ${stage}`)
    }
  });
  return { layer, node: index => nodes.get(lab.cells.get(index))!, opened, fixed };
}

async function three(): Promise<{ bridge: FakeBridge; lab: LabNotebook; model: NotebookModel; shown: IScreen }> {
  const bridge = new FakeBridge();
  bridge.stages = [
    {
      name: 'train',
      cells: [1, 2],
      state: 'stale',
      reasons: [{ kind: 'param', text: 'param `lr` 0.1 → 0.2' }],
      marks: ['always']
    }
  ];
  const lab = labNotebook([
    { source: 'x = 1' },
    { source: 'fit()', stage: 'train' },
    { source: 'plot()', stage: 'train' }
  ]);
  const model = ourNotebook(bridge, lab);
  await settle();
  const shown = screen(lab, model);
  shown.layer.sync();
  return { bridge, lab, model, shown };
}

describe('chips', () => {
  it('stand on the first cell of a stage, with name, state, mark and reason; a bar on the others, an icon elsewhere', async () => {
    const { model, shown } = await three();
    const chip = shown.node(1).querySelector('.cellar-StageHost > button')!;
    expect(chip.getAttribute('aria-label')).toBe('stage train, stale: param lr 0.1 → 0.2');
    expect(shown.node(1).querySelector('.cellar-Reason code')?.textContent).toBe('lr');
    expect(shown.node(1).querySelector('[data-cellar-mark="always"]')).not.toBeNull();
    expect(shown.node(1).dataset).toMatchObject({ cellarState: 'stale', cellarStage: 'train', cellarRole: 'stage' });
    expect(shown.node(2).querySelector('.cellar-FollowOn')?.textContent).toBe('train 2 of 2');
    expect(shown.node(0).querySelector('.cellar-Ghost')).not.toBeNull();
    expect(shown.node(0).dataset.cellarState).toBeUndefined();
    model.dispose();
  });

  it('are made once, touched only when something changed, and put back when windowing took them away', async () => {
    const { model, shown } = await three();
    const host = shown.node(1).firstElementChild;
    shown.layer.sync();
    expect(shown.node(1).firstElementChild).toBe(host);
    expect(shown.node(1).querySelectorAll('.cellar-StageHost')).toHaveLength(1);
    // A cell that builds its inside late puts it before what is there.
    shown.node(1).prepend(document.createElement('section'));
    shown.layer.sync();
    expect(shown.node(1).firstElementChild).toBe(host);
    host?.remove();
    shown.layer.sync();
    expect(shown.node(1).querySelectorAll('.cellar-StageHost')).toHaveLength(1);
    model.dispose();
  });

  it('follow tags at once, before the bridge has answered, and undo', async () => {
    const { lab, model, shown } = await three();
    model.setTags(new Map([[lab.cells.get(0), { role: 'stage', stage: 'load' }]]));
    shown.layer.sync();
    expect(shown.node(0).dataset.cellarState).toBe('checking');
    lab.sharedModel.undo();
    shown.layer.sync();
    expect(shown.node(0).querySelector('.cellar-Ghost')).not.toBeNull();
    expect(shown.node(0).querySelector('.cellar-StageHost')).toBeNull();
    model.dispose();
  });

  it('tell an error with its fix in the same row, at the cell where it is', async () => {
    const { bridge, model, shown } = await three();
    bridge.more = {
      problems: [
        {
          code: 'E_NAME_SCRATCH',
          severity: 'error',
          message: '`best` is bound only in scratch',
          notebook: 'a.ipynb',
          cell: 2,
          stage: 'train',
          fixes: [{ label: 'Tag that cell', edits: [] }]
        }
      ]
    };
    bridge.pushView();
    shown.layer.sync();
    const host = shown.node(2).querySelector<HTMLElement>('.cellar-StageHost')!;
    expect(host.dataset.cellarProblem).toBe('E_NAME_SCRATCH');
    expect(host.classList.contains('cellar-mod-followOn')).toBe(false);
    host.querySelector<HTMLElement>('.cellar-Button')!.click();
    expect(shown.fixed).toEqual(['Tag that cell']);
    model.dispose();
  });

  it('keep the focus when they are drawn anew, open their popover, and rename with F2', async () => {
    const { bridge, lab, model, shown } = await three();
    const chip = (): HTMLElement => shown.node(1).querySelector<HTMLElement>('.cellar-StageHost > button')!;
    chip().focus();
    bridge.stages = [{ name: 'train', cells: [1, 2], state: 'fresh' }];
    bridge.pushView();
    shown.layer.sync();
    expect(document.activeElement).toBe(chip());
    chip().click();
    expect(shown.opened).toEqual([lab.cells.get(1)]);
    chip().dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', bubbles: true }));
    expect(shown.fixed).toEqual(['rename train']);
    model.dispose();
  });

  it('leave nothing behind', async () => {
    const { model, shown } = await three();
    shown.layer.dispose();
    expect([0, 1, 2].map(i => shown.node(i).childElementCount)).toEqual([0, 0, 0]);
    expect(shown.node(1).dataset.cellarState).toBeUndefined();
    model.dispose();
  });
});
