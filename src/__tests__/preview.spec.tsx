import { nullTranslator } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { ClusterAPI } from '../api';
import { LaunchModel } from '../launch/launch';
import { PreviewPane } from '../launch/preview';
import { makeProfile, makeSettings } from './testing';

const trans = nullTranslator.load('casa_labext');

const profile = makeProfile({ has_preview: true, schema: {} });

describe('PreviewPane', () => {
  let host: ReactWidget;
  let model: LaunchModel;
  let answers: Array<(response: Response) => void>;

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    jest.useFakeTimers();
    answers = [];
    const fetch = () =>
      new Promise<Response>(resolve => {
        answers.push(resolve);
      });
    const api = new ClusterAPI(makeSettings(undefined, { fetch }));
    const offer = { profiles: [profile], problems: [] };
    model = new LaunchModel(api, offer, undefined, trans);
    host = ReactWidget.create(
      <div className="casa-NewCluster-form">
        <UseSignal signal={model.changed}>
          {() => <PreviewPane model={model} trans={trans} />}
        </UseSignal>
      </div>
    );
    React.act(() => {
      Widget.attach(host, document.body);
      MessageLoop.flush();
    });
  });

  afterEach(() => {
    React.act(() => host.dispose());
    jest.useRealTimers();
  });

  const pass = (time = 1000) =>
    React.act(async () => {
      await jest.advanceTimersByTimeAsync(time);
    });
  const open = async () => {
    const details = host.node.querySelector('details')!;
    details.open = true;
    React.act(() => {
      details.dispatchEvent(new Event('toggle'));
    });
    await pass();
  };
  const answer = async (index: number, body: unknown, status = 200) => {
    answers[index](Response.json(body, { status }));
    await pass(0);
  };
  const shown = () => host.node.querySelector('pre')?.textContent;

  it('is made when it is opened', async () => {
    await pass();
    expect(answers).toHaveLength(0);
    await open();
    expect(host.node.textContent).toContain('Making the preview');
    await answer(0, { text: '#SBATCH -n 1' });
    expect(shown()).toBe('#SBATCH -n 1');
    expect(host.node.textContent).not.toContain('Making the preview');
  });

  it('waits for a pause, and drops answers that are outdated', async () => {
    await open();
    React.act(() => model.edit({ name: 'a' }));
    await pass(300);
    React.act(() => model.edit({ name: 'b' }));
    await pass();
    expect(answers).toHaveLength(2);
    await answer(1, { text: 'new' });
    await answer(0, { text: 'old' });
    expect(shown()).toBe('new');
  });

  it('shows a wrong field at the field, and other problems here', async () => {
    await open();
    const wrong = { message: 'Too many.', field: 'size.workers' };
    await answer(0, wrong, 400);
    expect(model.problem).toEqual(wrong);
    expect(host.node.textContent).toContain('the form says what is wrong');
    React.act(() => model.edit({ name: 'a' }));
    await pass();
    await answer(1, { message: 'No host.' }, 503);
    expect(host.node.textContent).toContain('No host.');
  });

  it('does not ask while the form has a mistake', async () => {
    const mistake = document.createElement('div');
    mistake.className = 'jp-mod-error';
    host.node.querySelector('.casa-NewCluster-form')!.append(mistake);
    await open();
    expect(answers).toHaveLength(0);
    mistake.remove();
  });
});
