import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CodeBlock } from '../codeblock';
import { ProblemLine } from '../problemline';
import { problemOf, sentenceOf } from '../request';
import type { Preview } from '../tokens';

/** A text of the server's, asked for each time that it is looked at. */
export class TextPane extends ReactWidget {
  constructor(
    private _load: () => Promise<Preview>,
    private _label: string,
    private _empty: string,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-TextPane');
    this.node.tabIndex = 0;
  }

  protected onAfterShow(): void {
    void this._ask();
  }

  protected render(): JSX.Element {
    if (this._problem) {
      return <ProblemLine text={this._problem} />;
    }
    if (!this._text) {
      return <div role="status">{this._text === null && this._empty}</div>;
    }
    return (
      <CodeBlock text={this._text} label={this._label} trans={this._trans} />
    );
  }

  private async _ask(): Promise<void> {
    try {
      this._text = (await this._load()).text;
      this._problem = '';
    } catch (error) {
      this._problem = sentenceOf(problemOf(error, this._trans));
    }
    this.update();
  }

  private _text: string | null | undefined;
  private _problem = '';
}
