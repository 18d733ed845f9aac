import { PanelWithToolbar, ReactWidget, SidePanel } from '@jupyterlab/ui-components';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import type { Fix, Problem } from '../../server-bridge/src/protocol/analysis.js';
import type { ProjectModel } from '../models/project.js';
import type { IBridge, INotebooks } from '../tokens.js';
import { cellarIcon } from './icons.js';
import { ProblemList } from './problemlist.js';
import { ProjectHeader } from './projectheader.js';
import { StageList } from './stagelist.js';

/** What the panel's buttons do. */
export interface IPanelActions {
  start(): void;
  review(): void;
  refresh(): void;
  retry(): void;
  tag(): void;
  goToStage(stage: string, notebook: string | null): void;
  goToProblem(problem: Problem): void;
  fix(fix: Fix): void;
}

export interface IPanelOptions {
  readonly bridge: IBridge;
  readonly project: ProjectModel;
  readonly notebooks: INotebooks;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
  readonly actions: IPanelActions;
}

/** React content that redraws when the project, a notebook or the connection changes. */
class Section extends ReactWidget {
  constructor(
    options: IPanelOptions,
    private readonly _draw: () => React.JSX.Element
  ) {
    super();
    options.project.changed.connect(this.update, this);
    options.notebooks.changed.connect(this.update, this);
    options.bridge.statusChanged.connect(this.update, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element {
    return this._draw();
  }
}

/** The panel at the left: project and branch above, then the sections *Stages* and *Problems*. */
export class CellarPanel extends SidePanel {
  constructor(options: IPanelOptions) {
    super({ translator: options.translator });
    const { trans } = options;
    this.id = 'cellar-panel';
    this.addClass('cellar-Panel');
    this.title.icon = cellarIcon;
    this.title.caption = trans.__('Cellar');
    this.node.setAttribute('aria-label', trans.__('Cellar'));
    this.node.setAttribute('role', 'region');
    this.header.addWidget(new Section(options, () => <ProjectHeader {...options} />));
    this.addWidget(this._section(trans.__('Stages'), 'stages', options, () => <StageList {...options} />));
    this.addWidget(this._section(trans.__('Problems'), 'problems', options, () => <ProblemList {...options} />));
  }

  private _section(
    label: string,
    name: string,
    options: IPanelOptions,
    draw: () => React.JSX.Element
  ): PanelWithToolbar {
    const panel = new PanelWithToolbar();
    panel.title.label = label;
    panel.addClass('cellar-Section');
    panel.node.dataset.cellarSection = name;
    panel.addWidget(new Section(options, draw));
    return panel;
  }
}
