import { ReactWidget } from '@jupyterlab/ui-components';
import type * as React from 'react';

/** The body of a dialog: React content with a value that the content sets and the dialog returns. */
export class DialogBody<T> extends ReactWidget {
  constructor(
    initial: T,
    private readonly _draw: (value: T, set: (value: T) => void) => React.JSX.Element
  ) {
    super();
    this._value = initial;
    this.addClass('cellar-DialogBody');
  }

  getValue(): T {
    return this._value;
  }

  protected override render(): React.JSX.Element {
    return this._draw(this._value, value => {
      this._value = value;
      this.update();
    });
  }

  private _value: T;
}
