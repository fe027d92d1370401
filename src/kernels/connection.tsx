import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CodeBlock } from '../codeblock';
import { Dialog } from '../dialog';
import { ProblemLine } from '../problemline';
import { Elapsed } from '../state';
import type { KernelLink } from './link';

/** Show how a kernel is connected, or how it fails, with what it prints. */
export async function showConnection(
  link: KernelLink,
  trans: TranslationBundle
): Promise<void> {
  await new Dialog({
    title: trans.__('Connection to %1', link.name),
    body: ReactWidget.create(
      <UseSignal signal={link.changed}>
        {() => <Connection link={link} trans={trans} />}
      </UseSignal>
    ),
    buttons: [Dialog.cancelButton({ label: trans.__('Close') })]
  }).launch();
}

interface IConnectionProps {
  link: KernelLink;
  trans: TranslationBundle;
}

/** What it does, for how long, and what can be done about it. */
export function Connection({ link, trans }: IConnectionProps): JSX.Element {
  const { state, name, cluster, problem, log } = link;
  const button = (label: string, onClick: () => void) => (
    <Button className="jp-mod-styled" type="button" onClick={onClick}>
      {label}
    </Button>
  );
  return (
    <div className="casa-Connection">
      <div role="status">
        {state === 'waiting' && trans.__('Waiting for the kernel…')}
        {state === 'connecting' && trans.__('Connecting to %1…', name)}
        {state === 'connected' &&
          trans.__('In this kernel `client` is connected to %1.', name)}
        {state === 'restarted' && trans.__('The kernel was started again.')}
        {state === 'gone' && trans.__('%1 is gone', name)}
        {state === 'disconnected' && trans.__('No cluster')}
      </div>
      {state === 'connecting' && <Elapsed since={link.since} />}
      {state === 'failed' && <ProblemLine text={problem} />}
      {log && (
        <CodeBlock
          text={log}
          label={trans.__('What the kernel prints')}
          trans={trans}
        />
      )}
      {(state === 'waiting' || state === 'connecting') &&
        button(trans.__('Cancel'), () => void link.cancel())}
      {(state === 'failed' || state === 'restarted') &&
        cluster?.connection &&
        button(trans.__('Retry'), () => void link.connect(cluster))}
    </div>
  );
}
