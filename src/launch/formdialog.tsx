import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';

import { Dialog } from '../dialog';
import { Problem, problemOf } from '../request';
import '../../style/form.css';

/** What is typed into a dialog, and what the server said about it. */
export abstract class FormModel {
  constructor(protected trans: TranslationBundle) {}

  /** Why the server refused what was sent last, until something is changed. */
  problem: Problem | null = null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Say why the server would refuse it. */
  refuse(problem: Problem): void {
    this.problem = problem;
    this.redraw();
  }

  /** Send it; true if the server accepted it. */
  async submit(): Promise<boolean> {
    try {
      await this.send();
      return true;
    } catch (error) {
      this.refuse(problemOf(error, this.trans));
      return false;
    }
  }

  protected abstract send(): Promise<unknown>;

  /** Say that something has been typed. */
  protected edited(): void {
    this.problem = null;
    this.redraw();
  }

  protected redraw(): void {
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
}

export interface IFormDialogOptions {
  title: string;
  model: FormModel;

  /** Draws the model. */
  view: () => JSX.Element;

  /** The label of the button that sends. */
  accept: string;
}

/** Whether something in a form is known to be wrong before it is sent. */
export function hasMistake(form: Element): boolean {
  return form.querySelector(':invalid, .jp-mod-error') !== null;
}

/** A dialog that stays, with what was typed, until the server has accepted it. */
export class FormDialog extends Dialog<unknown> {
  constructor(options: IFormDialogOptions) {
    super({
      title: options.title,
      body: ReactWidget.create(
        <Body
          model={options.model}
          view={options.view}
          onRendered={() => this.handleEvent(new Event('input'))}
        />
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.okButton({ label: options.accept })
      ]
    });
    this.addClass('casa-FormDialog');
    this._model = options.model;
  }

  /** Enter and the accepting button come here. */
  resolve(index = 1): void {
    const accepts = index === 1;
    if (!accepts) {
      super.resolve(index);
    } else if (!hasMistake(this.node)) {
      void this._submit(index);
    }
  }

  private async _submit(index: number): Promise<void> {
    if (this._busy) {
      return;
    }
    this._busy = true;
    const accepted = await this._model.submit();
    this._busy = false;
    if (accepted && !this.isDisposed) {
      super.resolve(index);
    }
  }

  private _model: FormModel;
  private _busy = false;
}

interface IBodyProps {
  model: FormModel;
  view: () => JSX.Element;
  onRendered: () => void;
}

function Body({ model, view, onRendered }: IBodyProps): JSX.Element {
  return (
    <UseSignal signal={model.changed}>
      {() => <Rendered view={view()} onRendered={onRendered} />}
    </UseSignal>
  );
}

/** Dialogs check their inputs when one is typed into; ours also change by themselves. */
function Rendered(props: {
  view: JSX.Element;
  onRendered: () => void;
}): JSX.Element {
  React.useEffect(props.onRendered);
  return props.view;
}
