import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CodeBlock } from '../codeblock';
import { ProblemLine } from '../problemline';
import { problemOf, sentenceOf } from '../request';
import type { Diagnosis as Found } from '../tokens';

type CheckState = Found['checks'][number]['state'];

/** The marks of states: those of the clusters that look the same. */
const MARKS: Record<CheckState, string> = {
  good: 'running',
  bad: 'failed',
  waiting: 'queued',
  unknown: 'unknown'
};

/** Why there are no workers, step by step, and a report to hand on. */
export class Diagnosis extends ReactWidget {
  constructor(
    private _load: () => Promise<Found>,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-Diagnosis');
    this.node.tabIndex = 0;
  }

  protected onAfterShow(): void {
    void this._ask();
  }

  protected render(): JSX.Element {
    const trans = this._trans;
    const words: Record<CheckState, string> = {
      good: trans.__('in order'),
      bad: trans.__('wrong'),
      waiting: trans.__('waiting'),
      unknown: trans.__('not known')
    };
    return (
      <>
        <div role="status">
          {this._asking && trans.__('Looking for the cause…')}
        </div>
        {this._problem && <ProblemLine text={this._problem} />}
        {this._found && (
          <>
            <ol className="casa-Diagnosis-checks">
              {this._found.checks.map(({ title, state, text }) => (
                <li key={title} data-state={state}>
                  <span className="casa-State">
                    <span
                      className="casa-State-mark"
                      data-state={MARKS[state]}
                      aria-hidden="true"
                    />
                    {words[state]}
                  </span>
                  <span>
                    <strong>{title}</strong> {text}
                  </span>
                </li>
              ))}
            </ol>
            <Button
              className="jp-mod-styled jp-mod-small"
              disabled={this._asking}
              onClick={() => void this._ask()}
            >
              {trans.__('Check again')}
            </Button>
            <h3>{trans.__('Report for the help desk')}</h3>
            <CodeBlock
              text={this._found.report}
              label={trans.__('Report for the help desk')}
              trans={trans}
            />
          </>
        )}
      </>
    );
  }

  private async _ask(): Promise<void> {
    this._asking = true;
    this.update();
    try {
      this._found = await this._load();
      this._problem = '';
    } catch (error) {
      this._problem = sentenceOf(problemOf(error, this._trans));
    }
    this._asking = false;
    this.update();
  }

  private _found: Found | null = null;
  private _problem = '';
  private _asking = false;
}
