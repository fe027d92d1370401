import { Clipboard, MainAreaWidget, ToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  copyIcon,
  downloadIcon,
  HTMLSelect,
  InputGroup,
  listIcon,
  ReactWidget,
  refreshIcon,
  Toolbar
} from '@jupyterlab/ui-components';
import { Panel } from '@lumino/widgets';
import * as React from 'react';

import type { LogSource } from '../api';
import { Poller } from '../poller';
import { ProblemLine } from '../problemline';
import { problemOf, sentenceOf } from '../request';
import type { Log } from '../tokens';
import { WatchingWidget } from './watching';
import '../../style/logs.css';

/** How the logs of a source are asked for. */
type Load = (source: LogSource) => Promise<Log[]>;

/** A tab with one log. */
export function createLog(
  load: () => Promise<Log[]>,
  label: string,
  trans: TranslationBundle
): MainAreaWidget {
  const content = new Logs(load, null, label, trans);
  const widget = new MainAreaWidget({ content });
  widget.title.icon = listIcon;
  widget.title.label = label;
  return widget;
}

/** The latest lines of logs with what chooses among them; followed while they are seen. */
export class Logs extends Panel {
  /** `sources` are what there is to choose from, with their labels. */
  constructor(
    load: Load,
    sources: Record<LogSource, string> | null,
    name: string,
    trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-LogsPanel');
    const toolbar = new Toolbar();
    const view = new LogView(load, trans);
    if (sources) {
      const choice = (
        <HTMLSelect
          aria-label={trans.__('Source')}
          onChange={event => view.choose(event.target.value as LogSource)}
        >
          {Object.entries(sources).map(([source, label]) => (
            <option key={source} value={source}>
              {label}
            </option>
          ))}
        </HTMLSelect>
      );
      toolbar.addItem('source', ReactWidget.create(choice));
    }
    const search = (
      <InputGroup
        type="search"
        aria-label={trans.__('Search the logs')}
        placeholder={trans.__('Search')}
        rightIcon="ui-components:search"
        onChange={event => view.search(event.target.value)}
      />
    );
    toolbar.addItem('search', ReactWidget.create(search));
    const add = (
      item: string,
      icon: typeof copyIcon,
      tooltip: string,
      onClick: () => void
    ) => toolbar.addItem(item, new ToolbarButton({ icon, tooltip, onClick }));
    add('refresh', refreshIcon, trans.__('Refresh the logs'), () =>
      view.refresh()
    );
    add('copy', copyIcon, trans.__('Copy the logs'), () =>
      Clipboard.copyToSystem(view.text)
    );
    add('download', downloadIcon, trans.__('Download the logs'), () =>
      download(view.text, `${name}.log`)
    );
    this.addWidget(toolbar);
    this.addWidget(view);
  }
}

/** Asks for the lines of the chosen source. */
class LogModel {
  constructor(
    private _load: Load,
    private _trans: TranslationBundle,
    private _changed: () => void
  ) {}

  logs: Log[] | null = null;
  problem = '';

  set shown(shown: boolean) {
    this._shown = shown;
    this._follow();
  }

  choose(source: LogSource): void {
    this._source = source;
    this.logs = null;
    this.problem = '';
    this._changed();
    this._follow();
    this.refresh();
  }

  refresh(): void {
    void this._poller.now();
  }

  dispose(): void {
    this._poller.dispose();
  }

  private async _ask(): Promise<void> {
    const source = this._source;
    // What is being read stays, if there is nothing new.
    let { logs } = this;
    let problem = '';
    try {
      logs = await this._load(source);
    } catch (error) {
      problem = sentenceOf(problemOf(error, this._trans));
    }
    // The answer may be late: another source may have been chosen.
    if (source === this._source && !this._poller.isDisposed) {
      this.logs = logs;
      this.problem = problem;
      this._changed();
    }
  }

  /** There may be thousands of workers: all of them are asked only when told to. */
  private _follow(): void {
    this._poller.active = this._shown && this._source !== 'workers';
  }

  private _source: LogSource = 'host';
  private _shown = false;
  private _poller = new Poller(() => this._ask());
}

/** The lines, one section a process. */
class LogView extends WatchingWidget {
  constructor(
    load: Load,
    private _trans: TranslationBundle
  ) {
    const model = new LogModel(load, _trans, () => this._draw());
    super(model);
    this._model = model;
    this.addClass('casa-Logs');
    this.node.tabIndex = 0;
  }

  /** What is shown, as text. */
  get text(): string {
    return this._sections()
      .map(log => `# ${log.name}\n${log.text}`)
      .join('\n\n');
  }

  choose(source: LogSource): void {
    this._model.choose(source);
  }

  search(text: string): void {
    this._wanted = text.toLowerCase();
    this.update();
  }

  refresh(): void {
    this._model.refresh();
  }

  protected render(): JSX.Element {
    const { problem, logs } = this._model;
    const nothing = this._wanted
      ? this._trans.__('No line matches.')
      : this._trans.__('Empty');
    return (
      <>
        {problem && <ProblemLine text={problem} />}
        {logs?.length === 0 && (
          <div role="status">{this._trans.__('Nothing is there yet.')}</div>
        )}
        {this._sections().map(log => (
          <section key={log.name} aria-label={log.name}>
            <h3>{log.name}</h3>
            <pre tabIndex={0}>{log.text || nothing}</pre>
          </section>
        ))}
      </>
    );
  }

  /** Who was at the end stays there. */
  private _draw(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 4;
    this.update();
    if (atEnd) {
      void this.renderPromise?.then(() =>
        requestAnimationFrame(() => {
          this.node.scrollTop = this.node.scrollHeight;
        })
      );
    }
  }

  private _sections(): Log[] {
    const logs = this._model.logs ?? [];
    return this._wanted === ''
      ? logs
      : logs.map(({ name, text }) => ({
          name,
          text: text
            .split('\n')
            .filter(line => line.toLowerCase().includes(this._wanted))
            .join('\n')
        }));
  }

  private _model: LogModel;
  private _wanted = '';
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
