import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButtonComponent } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { ClusterName } from './clustername';
import { CommandIDs } from '../commandids';
import { dragCode } from './drag';
import { Age, Figures, IdleSoon, Sparklines, WalltimeEnd } from './figures';
import type { ISample } from './recent';
import { Elapsed, StateMark } from '../state';
import type { Cluster, State } from '../tokens';
import { WorkerBar } from '../workerbar';
import '../../style/card.css';

export interface ICardProps {
  cluster: Cluster;

  /** Whether the cluster is as the server has it now; old numbers are not shown. */
  live: boolean;

  /** The title of the profile it was made from. */
  profile: string;

  /** The last minutes. */
  samples: ReadonlyArray<ISample>;

  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** What the buttons of a card do, by state. */
const ACTIONS: Record<State, ReadonlyArray<string>> = {
  starting: [CommandIDs.details, CommandIDs.shutdown],
  running: [
    CommandIDs.insertClient,
    CommandIDs.scale,
    CommandIDs.dashboard,
    CommandIDs.details,
    CommandIDs.shutdown
  ],
  degraded: [
    CommandIDs.insertClient,
    CommandIDs.scale,
    CommandIDs.dashboard,
    CommandIDs.details,
    CommandIDs.shutdown
  ],
  closing: [CommandIDs.details],
  closed: [],
  failed: [
    CommandIDs.retry,
    CommandIDs.logs,
    CommandIDs.details,
    CommandIDs.shutdown
  ],
  close_failed: [CommandIDs.shutdown, CommandIDs.logs, CommandIDs.details],
  lost: [CommandIDs.logs, CommandIDs.shutdown]
};

/** All about one cluster; drawn anew only when there is something new about it. */
export const Card = React.memo(function Card(props: ICardProps): JSX.Element {
  const { cluster, live, profile, samples, commands, trans } = props;
  const { id, name, state, connection } = cluster;
  const [editing, setEditing] = React.useState(false);
  const node = React.useRef<HTMLLIElement>(null);
  const edited = React.useRef(false);
  React.useEffect(() => {
    // The keyboard goes on from the card.
    if (edited.current && !editing && !hasFocus()) {
      node.current?.focus();
    }
    edited.current = editing;
  }, [editing]);
  const works = state === 'running' || state === 'degraded';
  const changes = state === 'starting' || state === 'closing';
  const actions = ACTIONS[state].filter(
    command => command !== CommandIDs.scale || cluster.scales
  );
  return (
    <li
      ref={node}
      className="casa-Card"
      data-cluster={id}
      data-live={live}
      data-draggable={connection !== null}
      role="listitem"
      aria-label={name}
      tabIndex={0}
      onKeyDown={event => {
        if (event.key === 'F2' && live) {
          setEditing(true);
        }
      }}
      onPointerDown={event => {
        if (connection) {
          dragCode(event, connection.snippet);
        }
      }}
    >
      <div className="casa-Card-head">
        <ClusterName
          name={name}
          editing={editing}
          onEdit={edit => setEditing(edit && live)}
          onRename={to =>
            void commands.execute(CommandIDs.rename, { id, name: to })
          }
          trans={trans}
        />
        <StateMark state={state} live={live} trans={trans} />
        {live && changes && <Elapsed since={cluster.since} />}
      </div>
      <div
        className="casa-Card-profile"
        title={trans.__(
          'Made %1',
          new Date(cluster.created * 1000).toLocaleString()
        )}
      >
        {profile}
        {works && profile && ' · '}
        {works && <Age cluster={cluster} trans={trans} />}
      </div>
      {live && (changes || works) && cluster.activity && (
        <div className="casa-Card-activity" data-calm={works}>
          {cluster.activity}
        </div>
      )}
      {live && works && (
        <WorkerBar
          counts={cluster.workers}
          reasons={cluster.reasons}
          trans={trans}
        />
      )}
      {live && cluster.reason && (
        <Reason
          cluster={cluster}
          showJobs={
            cluster.has_jobs
              ? () => void commands.execute(CommandIDs.jobs, { id })
              : null
          }
          trans={trans}
        />
      )}
      {live &&
        cluster.warnings.map(warning => (
          <div
            key={warning}
            className="casa-Card-reason casa-mod-selectable"
            data-state="warning"
          >
            {warning}
          </div>
        ))}
      {live && <IdleSoon cluster={cluster} commands={commands} trans={trans} />}
      {live && works && <Figures cluster={cluster} trans={trans} />}
      {live && works && <WalltimeEnd cluster={cluster} trans={trans} />}
      {live && works && (
        <Sparklines cluster={cluster} samples={samples} trans={trans} />
      )}
      {connection && (
        <div className="casa-Card-address">
          <code className="casa-mod-selectable" title={connection.address}>
            {connection.address}
          </code>
          <CommandToolbarButtonComponent
            commands={commands}
            id={CommandIDs.copyAddress}
            args={{ id }}
            label=""
          />
          {works && (
            <>
              <CommandToolbarButtonComponent
                commands={commands}
                id={CommandIDs.connect}
                args={{ id }}
                label=""
              />
              <CommandToolbarButtonComponent
                commands={commands}
                id={CommandIDs.makeDefault}
                args={{ id }}
                label=""
              />
            </>
          )}
        </div>
      )}
      {connection && !cluster.encrypted && (
        <div
          className="casa-Card-unencrypted"
          title={trans.__(
            'Whoever reaches the address can run code in this cluster.'
          )}
        >
          {trans.__('not encrypted')}
        </div>
      )}
      {actions.length > 0 && (
        <div
          className="casa-Card-actions"
          data-many={actions.length > 3}
          role="group"
          aria-label={trans.__('Actions')}
        >
          {actions.map(command => (
            <CommandToolbarButtonComponent
              key={command}
              commands={commands}
              id={command}
              args={{ id }}
            />
          ))}
        </div>
      )}
    </li>
  );
});

/** Whether anything has the focus. */
function hasFocus(): boolean {
  return document.activeElement !== document.body;
}

/** Why the cluster is as it is; leads to the jobs where there are any. */
function Reason(props: {
  cluster: Cluster;
  showJobs: (() => void) | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { cluster, showJobs, trans } = props;
  return (
    <div className="casa-Card-reason" data-state={cluster.state}>
      {showJobs ? (
        <button
          className="casa-Link"
          title={trans.__('Show the jobs')}
          onClick={showJobs}
        >
          {cluster.reason}
        </button>
      ) : (
        <div className="casa-mod-selectable">{cluster.reason}</div>
      )}
      {cluster.hint && (
        <div className="casa-Card-hint casa-mod-selectable">{cluster.hint}</div>
      )}
    </div>
  );
}
