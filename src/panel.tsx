import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  CommandToolbarButton,
  ReactWidget,
  SidePanel,
  UseSignal
} from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';

import { Card } from './card';
import { CommandIDs } from './commandids';
import { clusterIcon } from './icons';
import type { IClusterStore } from './tokens';

/** The panel of the clusters in the left area. */
export class ClusterPanel extends SidePanel {
  constructor(
    private _store: IClusterStore,
    commands: CommandRegistry,
    translator: ITranslator
  ) {
    super({ content: new Panel(), translator });
    const trans = translator.load('casa_labext');
    this.id = 'casa-labext-panel';
    this.addClass('casa-Panel');
    this.title.icon = clusterIcon;
    this.title.caption = trans.__('Dask clusters');

    const heading = new Widget({ node: document.createElement('h2') });
    heading.node.textContent = trans.__('Clusters');
    this.header.addWidget(heading);
    this.toolbar.addItem(
      'new',
      new CommandToolbarButton({ commands, id: CommandIDs.create })
    );
    this.toolbar.addItem(
      'configuration',
      new CommandToolbarButton({
        commands,
        id: CommandIDs.configuration,
        label: ''
      })
    );
    const list = ReactWidget.create(
      <UseSignal signal={_store.changed}>
        {() => <ClusterList store={_store} commands={commands} trans={trans} />}
      </UseSignal>
    );
    this.content.addWidget(list);
  }

  /** The server reads them in a process of its own: not before they are needed. */
  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    if (!this._store.profiles) {
      this._store.loadProfiles().catch(reason => console.warn(reason));
    }
  }
}

export interface IClusterListProps {
  store: IClusterStore;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** All that the store has to show. */
export function ClusterList(props: IClusterListProps): JSX.Element {
  const { store, commands, trans } = props;
  const { clusters, profiles, status } = store;
  const live = status === 'connected';
  const titles = new Map(profiles?.profiles.map(p => [p.name, p.title]));
  return (
    <>
      <Connection store={store} trans={trans} />
      {profiles?.problems.map(({ where, message }) => (
        <div key={where + message} className="casa-Panel-problem">
          {where}: {message}
        </div>
      ))}
      {live && clusters.length === 0 && <Empty {...props} />}
      <ul
        className="casa-Panel-list"
        role="list"
        aria-label={trans.__('Clusters')}
      >
        {clusters.map(cluster => (
          <Card
            key={cluster.id}
            cluster={cluster}
            live={live}
            profile={
              profiles ? (titles.get(cluster.profile) ?? cluster.profile) : ''
            }
            commands={commands}
            trans={trans}
          />
        ))}
      </ul>
    </>
  );
}

/** Says so while the numbers are not those of now. */
function Connection(props: {
  store: IClusterStore;
  trans: TranslationBundle;
}): JSX.Element {
  const { store, trans } = props;
  return (
    <div role="status">
      {store.status === 'connecting' && (
        <div className="casa-Panel-note">
          {trans.__('Connecting to the server…')}
        </div>
      )}
      {store.status === 'disconnected' && (
        <div className="casa-Panel-disconnected">
          {trans.__('Disconnected from the server. Trying again…')}
          <Button
            className="jp-mod-styled jp-mod-small"
            onClick={() => store.reconnect()}
          >
            {trans.__('Try now')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** What a cluster is good for, and one click to each kind. */
function Empty({ store, commands, trans }: IClusterListProps): JSX.Element {
  return (
    <div className="casa-Panel-empty">
      <p>
        {trans.__(
          'No clusters yet. A cluster gives your notebooks more processes, here or on the facility.'
        )}
      </p>
      {store.profiles?.profiles.map(({ name, title, unavailable }) => (
        <Button
          key={name}
          className="jp-mod-styled"
          disabled={unavailable !== null}
          title={unavailable ?? undefined}
          onClick={() =>
            void commands.execute(CommandIDs.create, { profile: name })
          }
        >
          {title}
        </Button>
      ))}
    </div>
  );
}
