import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';

import { CommandIDs } from '../commandids';
import { addCommands } from '../commands/commands';
import plugin from '../../schema/plugin.json';

it('an open palette is drawn anew only when it changes what can be launched', () => {
  const commands = new CommandRegistry();
  const store = {
    status: 'connected',
    profiles: {},
    clusters: [],
    changed: new Signal<any, void>({})
  };
  addCommands({
    app: { commands, shell: {} },
    store,
    trans: nullTranslator.load('casa_labext')
  } as any);
  const told = jest.fn();
  commands.commandChanged.connect((_, { id }) => told(id));
  store.clusters = [];
  store.changed.emit();
  expect(told).not.toHaveBeenCalled();
  store.status = 'disconnected';
  store.changed.emit();
  store.profiles = {};
  store.changed.emit();
  store.changed.emit();
  expect(told.mock.calls).toEqual([[CommandIDs.create], [CommandIDs.create]]);
});

it('the context menu has all that can be done with a cluster', () => {
  const { panel, create, configuration, openDashboard } = CommandIDs;
  const others: string[] = [panel, create, configuration, openDashboard];
  const offered = plugin['jupyter.lab.menus'].context.map(
    ({ command }) => command
  );
  expect(offered.sort()).toEqual(
    Object.values<string>(CommandIDs)
      .filter(command => !others.includes(command))
      .sort()
  );
});
