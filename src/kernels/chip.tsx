import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import * as React from 'react';

import { CommandIDs } from '../commandids';
import { clusterIcon } from '../icons';
import { Elapsed } from '../state';
import type { IClusterStore } from '../tokens';
import { showConnection } from './connection';
import type { KernelLink, LinkState } from './link';

/** In the toolbar of a notebook or console: which cluster its kernel uses, and what can be done about it. */
export class Chip extends ReactWidget {
  constructor(
    private _link: KernelLink,
    private _store: IClusterStore,
    private _commands: CommandRegistry,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-KernelChip');
  }

  dispose(): void {
    this._link.dispose();
    this._menu?.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._link.changed}>
        {() => (
          <ChipButton
            link={this._link}
            onClick={anchor => this._open(anchor)}
            trans={this._trans}
          />
        )}
      </UseSignal>
    );
  }

  /** Connect to one of the clusters, or what else there is to do. */
  private _open(anchor: HTMLElement): void {
    const link = this._link;
    const trans = this._trans;
    const commands = new CommandRegistry();
    this._menu?.dispose();
    const menu = (this._menu = new Menu({ commands }));
    const add = (
      label: string,
      execute: () => void,
      toggled: boolean | null = null
    ) => {
      const command = `item-${menu.items.length}`;
      commands.addCommand(command, {
        label,
        describedBy: { args: {} },
        execute,
        isToggleable: toggled !== null,
        isToggled: () => toggled === true
      });
      menu.addItem({ command });
    };
    const connected = link.state === 'connected';
    if (link.state === 'waiting' || link.state === 'connecting') {
      add(trans.__('Cancel'), () => void link.cancel());
    } else {
      for (const cluster of this._store.clusters) {
        if (cluster.connection) {
          const current = connected && cluster.id === link.cluster?.id;
          add(cluster.name, () => void link.connect(cluster), current);
        }
      }
    }
    menu.addItem({ type: 'separator' });
    if (link.name) {
      add(trans.__('Connection…'), () => void showConnection(link, trans));
    }
    const id = link.cluster?.id;
    if (connected && id !== undefined) {
      add(trans.__('Disconnect'), () => void link.disconnect());
      add(
        trans.__('Details'),
        () => void this._commands.execute(CommandIDs.details, { id })
      );
    }
    add(
      trans.__('New cluster…'),
      () => void this._commands.execute(CommandIDs.create)
    );
    const { left, bottom } = anchor.getBoundingClientRect();
    menu.aboutToClose.connect(() => anchor.focus());
    menu.open(left, bottom);
  }

  private _menu: Menu | null = null;
}

function ChipButton(props: {
  link: KernelLink;
  onClick: (anchor: HTMLElement) => void;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { link, onClick, trans } = props;
  const left = useTasksLeft(link);
  if (link.state === 'none') {
    return null;
  }
  const words = chipWords(link.state, link.name, trans);
  return (
    <button
      className="casa-KernelChip-button"
      data-state={link.state}
      aria-haspopup="menu"
      title={
        link.problem ||
        (link.state === 'connected'
          ? trans.__('`client` is connected to %1', link.name)
          : words)
      }
      onClick={event =>
        link.state === 'restarted' && link.cluster?.connection
          ? void link.connect(link.cluster)
          : onClick(event.currentTarget)
      }
    >
      <clusterIcon.react tag="span" stylesheet="toolbarButton" />
      <span role="status">{words}</span>
      {link.state === 'connecting' && <Elapsed since={link.since} />}
      {left !== null && (
        <progress
          max={1}
          value={1 - left}
          aria-label={trans.__('Tasks of the cluster')}
        />
      )}
    </button>
  );
}

/** What the chip says. */
export function chipWords(
  state: LinkState,
  name: string,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'none':
      return '';
    case 'disconnected':
      return trans.__('No cluster');
    case 'waiting':
      return trans.__('Waiting for the kernel…');
    case 'connecting':
      return trans.__('Connecting to %1…', name);
    case 'connected':
      return name;
    case 'restarted':
      return trans.__('Reconnect %1', name);
    case 'gone':
      return trans.__('%1 is gone', name);
    case 'failed':
      return trans.__('Not connected to %1', name);
  }
}

/** Which part of the tasks that there were at most is still to be done; null if nothing is. */
function useTasksLeft(link: KernelLink): number | null {
  const most = React.useRef(0);
  const tasks = link.state === 'connected' ? link.cluster?.tasks : undefined;
  const left = tasks ? tasks.processing + tasks.waiting : 0;
  most.current = left === 0 ? 0 : Math.max(most.current, left);
  return left === 0 ? null : left / most.current;
}
