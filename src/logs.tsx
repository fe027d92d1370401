import { Clipboard, MainAreaWidget, ToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  copyIcon,
  HTMLSelect,
  listIcon,
  ReactWidget,
  refreshIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ClusterAPI, LogSource } from './api';
import { ProblemLine } from './problemline';
import { problemOf, sentenceOf } from './request';
import type { Cluster, Log } from './tokens';

/** A tab that shows the logs of a cluster. */
export function createLogs(
  api: ClusterAPI,
  cluster: Cluster,
  trans: TranslationBundle
): MainAreaWidget {
  const content = new LogView(source => api.logs(cluster.id, source), trans);
  const widget = createTab(content, trans);
  widget.title.label = trans.__('Logs — %1', cluster.name);
  widget.toolbar.insertItem(0, 'source', content.createSourceChoice());
  return widget;
}

/** A tab that shows what a job has printed. */
export function createJobLogs(
  api: ClusterAPI,
  cluster: Cluster,
  job: string,
  trans: TranslationBundle
): MainAreaWidget {
  const content = new LogView(() => api.jobLogs(cluster.id, job), trans);
  const widget = createTab(content, trans);
  widget.title.label = trans.__('Log of job %1 — %2', job, cluster.name);
  return widget;
}

function createTab(content: LogView, trans: TranslationBundle): MainAreaWidget {
  const widget = new MainAreaWidget({ content });
  widget.title.icon = listIcon;
  widget.toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Refresh the logs'),
      onClick: () => void content.refresh()
    })
  );
  widget.toolbar.addItem(
    'copy',
    new ToolbarButton({
      icon: copyIcon,
      tooltip: trans.__('Copy the logs'),
      onClick: () => Clipboard.copyToSystem(content.text)
    })
  );
  void content.refresh();
  return widget;
}

/** The latest lines of one source, one section a process. */
class LogView extends ReactWidget {
  constructor(
    private _load: (source: LogSource) => Promise<Log[]>,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-Logs');
  }

  /** What is shown, as text. */
  get text(): string {
    const logs = this._logs ?? [];
    return logs.map(log => `# ${log.name}\n${log.text}`).join('\n\n');
  }

  /** Ask the server for the latest lines. */
  async refresh(): Promise<void> {
    const source = this._source;
    let logs: Log[] = [];
    let problem = '';
    try {
      logs = await this._load(source);
    } catch (error) {
      problem = sentenceOf(problemOf(error, this._trans));
    }
    // The answer may be late: another source may have been chosen.
    if (source === this._source && !this.isDisposed) {
      this._logs = logs;
      this._problem = problem;
      this.update();
    }
  }

  createSourceChoice(): ReactWidget {
    const trans = this._trans;
    const sources: Record<LogSource, string> = {
      host: trans.__('Host'),
      scheduler: trans.__('Scheduler'),
      workers: trans.__('Workers')
    };
    return ReactWidget.create(
      <HTMLSelect
        aria-label={trans.__('Source')}
        onChange={event => {
          this._source = event.target.value as LogSource;
          void this.refresh();
        }}
      >
        {Object.entries(sources).map(([source, label]) => (
          <option key={source} value={source}>
            {label}
          </option>
        ))}
      </HTMLSelect>
    );
  }

  protected render(): JSX.Element {
    if (this._problem) {
      return <ProblemLine text={this._problem} />;
    }
    return (
      <>
        {this._logs?.length === 0 && (
          <div role="status">{this._trans.__('Nothing is there yet.')}</div>
        )}
        {this._logs?.map(log => (
          <section key={log.name} aria-label={log.name}>
            <h3>{log.name}</h3>
            <pre tabIndex={0}>{log.text || this._trans.__('Empty')}</pre>
          </section>
        ))}
      </>
    );
  }

  private _source: LogSource = 'host';
  private _logs: Log[] | null = null;
  private _problem = '';
}
