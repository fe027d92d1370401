import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { ReactWidget } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { Card } from '../panel/card';
import { Now } from '../panel/clock';
import { CommandIDs } from '../commandids';
import { Cluster } from '../tokens';
import { reasonWords, workerWords } from '../workerbar';
import { makeCluster } from './testing';

const trans = nullTranslator.load('casa_labext');

describe('Card', () => {
  let host: ReactWidget;
  let commands: CommandRegistry;
  const rename = jest.fn();
  const showJobs = jest.fn();

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    commands = new CommandRegistry();
    Object.values(CommandIDs).forEach(id =>
      commands.addCommand(id, {
        label: id,
        execute:
          id === CommandIDs.rename
            ? rename
            : id === CommandIDs.jobs
              ? showJobs
              : () => undefined
      })
    );
  });

  afterEach(() => {
    React.act(() => host.dispose());
  });

  const draw = (cluster: Cluster, live = true, now = 0) => {
    host = ReactWidget.create(
      <Now.Provider value={now}>
        <Card
          cluster={cluster}
          live={live}
          profile="This machine"
          samples={[]}
          commands={commands}
          trans={trans}
        />
      </Now.Provider>
    );
    React.act(() => {
      Widget.attach(host, document.body);
      MessageLoop.flush();
    });
  };
  const card = () => host.node.querySelector('li')!;
  const buttons = () =>
    Array.from(
      host.node.querySelectorAll('.casa-Card-actions [data-command]'),
      button => button.getAttribute('data-command')
    );

  it('leaves an attached cluster as it is', () => {
    draw(makeCluster({ attached: true, scales: false }));
    expect(buttons()).not.toContain(CommandIDs.scale);
    expect(buttons()).toContain(CommandIDs.shutdown);
  });

  it('says what differs', () => {
    draw(makeCluster({ warnings: ['numpy is 2 here, 1 there'] }));
    expect(card().textContent).toContain('numpy is 2 here, 1 there');
  });

  it('shows a running cluster', () => {
    draw(makeCluster());
    expect(card().getAttribute('aria-label')).toBe('Physics');
    const text = card().textContent;
    expect(text).toContain('running');
    expect(text).toContain('This machine');
    expect(text).toContain('2 of 4 running · 2 starting');
    expect(text).toContain('8 cores · 1 / 8 GiB');
    expect(text).toContain('tls://10.0.0.1:8786');
    expect(text).toContain('Tasks 0');
    expect(text).not.toContain('not encrypted');
    expect(buttons()).toEqual([
      CommandIDs.insertClient,
      CommandIDs.scale,
      CommandIDs.dashboard,
      CommandIDs.details,
      CommandIDs.shutdown
    ]);
  });

  it('counts down to its end when it has nothing to do, not before it is near', () => {
    const now = Date.now() / 1000;
    const far = { since: now - 20, until: now + 700 };
    draw(makeCluster({ idle: far }), true, now);
    expect(card().textContent).not.toContain('Nothing to do');
    React.act(() => host.dispose());
    const soon = { since: now - 1000, until: now + 300 };
    draw(makeCluster({ idle: soon }), true, now);
    expect(card().textContent).toMatch(/Nothing to do: closes in [45]:\d\d/);
    const button = card().querySelector(
      `[data-command="${CommandIDs.extend}"]`
    );
    expect(button).not.toBeNull();
  });

  it('says when the next job ends', () => {
    draw(makeCluster({ walltime_end: 730 }));
    expect(card().textContent).toContain('next job ends in 12 min');
  });

  it('shows tasks, bounds and missing encryption where there are any', () => {
    draw(
      makeCluster({
        encrypted: false,
        size: { minimum: 0, maximum: 5 },
        tasks: { processing: 3, waiting: 0, erred: 1 }
      })
    );
    const text = card().textContent;
    expect(text).toContain('Tasks 3 processing · 1 erred');
    expect(text).toContain('adaptive 0–5');
    expect(text).toContain('not encrypted');
  });

  it('shows what a starting cluster does, and for how long', () => {
    draw(
      makeCluster({
        state: 'starting',
        activity: 'submitting jobs',
        since: Date.now() / 1000 - 75,
        connection: null
      })
    );
    expect(card().textContent).toMatch(/starting1:1[56]/);
    expect(card().textContent).toContain('submitting jobs');
    expect(buttons()).toEqual([CommandIDs.details, CommandIDs.shutdown]);
  });

  it('shows why a cluster failed, and what to do', () => {
    draw(
      makeCluster({
        state: 'failed',
        reason: 'No distributed in this environment.',
        hint: 'Install it.',
        connection: null
      })
    );
    expect(card().textContent).toContain('No distributed in this environment.');
    expect(card().textContent).toContain('Install it.');
    expect(card().textContent).not.toContain('cores');
    expect(buttons()).toEqual([
      CommandIDs.retry,
      CommandIDs.logs,
      CommandIDs.details,
      CommandIDs.shutdown
    ]);
  });

  it('shows no old numbers', () => {
    draw(makeCluster({ reason: 'Was so.' }), false);
    expect(card().textContent).toContain('disconnected');
    expect(card().textContent).not.toMatch(/running|cores|Was so/);
  });

  it('leads from the reason to the jobs', () => {
    const held = 'Error from slot1@node7: out of memory';
    draw(
      makeCluster({
        state: 'degraded',
        reason: 'Held: out of memory',
        activity: 'Adaptive scaling wants 4 workers: 120 tasks to run',
        has_jobs: true,
        reasons: [{ place: 'held', workers: 12, text: held }]
      })
    );
    expect(card().textContent).toContain('Adaptive scaling wants 4 workers');
    const bar = host.node.querySelector('.casa-WorkerBar')!;
    expect(bar.getAttribute('title')).toBe(`12 held: ${held}`);
    const described = bar.getAttribute('aria-describedby')!;
    expect(document.getElementById(described)!.textContent).toBe(
      `12 held: ${held}`
    );
    const reason = host.node.querySelector<HTMLElement>('.casa-Link')!;
    expect(reason.textContent).toBe('Held: out of memory');
    React.act(() => reason.click());
    expect(showJobs).toHaveBeenCalledWith({ id: makeCluster().id });
  });

  it('has no jobs where workers are none', () => {
    draw(makeCluster({ reason: 'Slow.' }));
    expect(buttons()).not.toContain(CommandIDs.jobs);
    expect(host.node.querySelector('.casa-Link')).toBeNull();
    const bar = host.node.querySelector('.casa-WorkerBar')!;
    expect(bar.hasAttribute('tabindex')).toBe(false);
  });

  it('renames with F2 and Enter', () => {
    draw(makeCluster());
    const press = (node: Element, key: string) =>
      React.act(() => {
        node.dispatchEvent(
          new KeyboardEvent('keydown', { key, bubbles: true })
        );
      });
    press(card(), 'F2');
    const input = host.node.querySelector(
      'input.casa-ClusterName'
    ) as HTMLInputElement;
    input.value = ' Chemistry ';
    press(input, 'Enter');
    expect(rename).toHaveBeenCalledWith({
      id: makeCluster().id,
      name: 'Chemistry'
    });
    expect(host.node.querySelector('input.casa-ClusterName')).toBeNull();
  });
});

describe('reasonWords', () => {
  it('counts the workers', () => {
    const reason = { place: 'queued' as const, workers: 3, text: 'Priority' };
    expect(reasonWords(reason, trans)).toBe('3 queued: Priority');
  });
});

describe('workerWords', () => {
  it('names each place where there are workers', () => {
    const counts = {
      requested: 20,
      running: 12,
      starting: 0,
      queued: 5,
      held: 2,
      failed: 1,
      lost: 0
    };
    expect(workerWords(counts, trans)).toBe(
      '12 of 20 running · 5 queued · 2 held · 1 failed'
    );
  });
});
