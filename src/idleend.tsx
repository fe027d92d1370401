import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButtonComponent } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from './commandids';
import { TimeLeft } from './state';
import type { Cluster } from './tokens';
import '../style/idle.css';

/** How long a cluster that has nothing to do still stays, and a button for more. */
export function IdleEnd(props: {
  cluster: Cluster;
  commands: CommandRegistry;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { cluster, commands, trans } = props;
  const { id, idle } = cluster;
  return (
    idle && (
      <div className="casa-Idle">
        <TimeLeft
          until={idle.until}
          words={clock => trans.__('Nothing to do: closes in %1', clock)}
        />
        <CommandToolbarButtonComponent
          commands={commands}
          id={CommandIDs.extend}
          args={{ id }}
        />
      </div>
    )
  );
}
