import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, HTMLSelect, InputGroup } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { Card } from './card';
import { Clock } from './clock';
import { CommandIDs } from '../commandids';
import { type Order, sorted, steady } from './order';
import type { RecentSamples } from './recent';
import { stateWord } from '../state';
import type { Cluster, IClusterStore } from '../tokens';

/** From how many clusters on there is something to find one with. */
const MANY = 6;

export interface IClusterListProps {
  store: IClusterStore;
  recent: RecentSamples;

  /** Whether somebody sees it. */
  seen: boolean;

  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** All that the store has to show. */
export function ClusterList(props: IClusterListProps): JSX.Element {
  const { store, recent, seen, commands, trans } = props;
  const { clusters, profiles, status } = store;
  const live = status === 'connected';
  const [text, setText] = React.useState('');
  const [order, setOrder] = React.useState<Order>('created');
  const titles = new Map(profiles?.profiles.map(p => [p.name, p.title]));
  const titleOf = ({ profile }: Cluster) =>
    profiles ? (titles.get(profile) ?? profile) : '';
  const many = clusters.length >= MANY;
  const [inUse, listeners] = useInUse();
  const before = React.useRef<ReadonlyArray<Cluster>>([]);
  const found = many
    ? sorted(clusters, order).filter(cluster =>
        `${cluster.name} ${titleOf(cluster)} ${stateWord(cluster.state, trans)}`
          .toLowerCase()
          .includes(text.toLowerCase())
      )
    : clusters;
  const shown = inUse ? steady(found, before.current) : found;
  before.current = shown;
  return (
    <>
      <Connection store={store} trans={trans} />
      {profiles?.problems.map(({ where, message }) => (
        <div key={where + message} className="casa-Panel-problem">
          {where}: {message}
        </div>
      ))}
      {live && clusters.length === 0 && <Empty {...props} />}
      {many && (
        <div className="casa-Panel-filter">
          <InputGroup
            type="search"
            aria-label={trans.__('Filter clusters')}
            placeholder={trans.__('Filter')}
            rightIcon="ui-components:search"
            value={text}
            onChange={event => setText(event.target.value)}
          />
          <HTMLSelect
            aria-label={trans.__('Order')}
            value={order}
            onChange={event => setOrder(event.target.value as Order)}
          >
            <option value="created">{trans.__('Oldest first')}</option>
            <option value="name">{trans.__('By name')}</option>
            <option value="state">{trans.__('Trouble first')}</option>
          </HTMLSelect>
        </div>
      )}
      <ul
        className="casa-Panel-list"
        role="list"
        aria-label={trans.__('Clusters')}
        {...listeners}
      >
        <Clock runs={seen && clusters.length > 0}>
          {shown.map(cluster => (
            <Card
              key={cluster.id}
              cluster={cluster}
              live={live}
              profile={titleOf(cluster)}
              samples={recent.of(cluster.id)}
              commands={commands}
              trans={trans}
            />
          ))}
        </Clock>
      </ul>
      {many && shown.length === 0 && (
        <div className="casa-Panel-note" role="status">
          {trans.__('No cluster matches the filter.')}
        </div>
      )}
    </>
  );
}

/** Whether the pointer or the keyboard is in an element, and what that element has to tell. */
function useInUse(): [boolean, React.HTMLAttributes<HTMLElement>] {
  const [pointed, setPointed] = React.useState(false);
  const [focused, setFocused] = React.useState(false);
  return [
    pointed || focused,
    {
      onPointerEnter: () => setPointed(true),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: ({ currentTarget, relatedTarget }) =>
        setFocused(currentTarget.contains(relatedTarget))
    }
  ];
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
