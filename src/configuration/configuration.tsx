import { MainAreaWidget, ToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  Button,
  HTMLSelect,
  InputGroup,
  ReactWidget,
  refreshIcon,
  settingsIcon,
  UseSignal,
  VDomRenderer
} from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ClusterAPI } from '../api';
import { ConfigurationModel } from './configurationmodel';
import { ProblemLine } from '../problemline';
import { SettingEditor } from './settingeditor';
import {
  countOf,
  isChanged,
  ISettingNode,
  selectSettings,
  treeOf
} from './settings';
import { sourceWords, SettingRow } from './settingrow';
import type { ConfigurationProblem, DaskConfiguration } from '../tokens';
import '../../style/configuration.css';

/** A tab with dask's configuration. */
export function createConfiguration(
  api: ClusterAPI,
  trans: TranslationBundle
): MainAreaWidget {
  const model = new ConfigurationModel(api, trans);
  const content = new ConfigurationView(model, trans);
  const widget = new MainAreaWidget({ content });
  widget.title.label = trans.__('Dask configuration');
  widget.title.icon = settingsIcon;
  widget.toolbar.addItem('environment', environmentChoice(model, trans));
  widget.toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Read the configuration again'),
      onClick: () => void model.refresh()
    })
  );
  void model.refresh();
  return widget;
}

/** Whose configuration it is. */
function environmentChoice(
  model: ConfigurationModel,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(
    <UseSignal signal={model.stateChanged}>
      {() => (
        <HTMLSelect
          aria-label={trans.__('Environment')}
          value={model.environment ?? undefined}
          onChange={event => void model.choose(event.target.value)}
        >
          {model.environments.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </HTMLSelect>
      )}
    </UseSignal>
  );
}

class ConfigurationView extends VDomRenderer<ConfigurationModel> {
  constructor(
    model: ConfigurationModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('casa-Configuration');
  }

  protected render(): JSX.Element {
    const { model } = this;
    const trans = this._trans;
    const { configuration, problem, busy } = model;
    return (
      <>
        {problem && <ProblemLine text={problem} />}
        <div role="status" className="casa-Configuration-note">
          {busy && !configuration && trans.__('Reading the configuration…')}
        </div>
        {configuration && (
          <ConfigurationPane
            key={configuration.environment}
            model={model}
            configuration={configuration}
            trans={trans}
          />
        )}
      </>
    );
  }
}

export interface IConfigurationPaneProps {
  model: ConfigurationModel;
  configuration: DaskConfiguration;
  trans: TranslationBundle;
}

/** What is wrong, and all settings that the filter lets pass. */
export function ConfigurationPane(props: IConfigurationPaneProps): JSX.Element {
  const { model, configuration, trans } = props;
  const { settings, problems, editable_file } = configuration;
  const changed = settings.filter(isChanged).length;
  const [text, setText] = React.useState('');
  const [changedOnly, setChangedOnly] = React.useState(changed > 0);
  const [adding, setAdding] = React.useState(false);
  const chosen = React.useMemo(
    () => selectSettings(settings, { text, changedOnly }),
    [settings, text, changedOnly]
  );
  const show = (key: string) => {
    setChangedOnly(false);
    setText(key);
  };
  return (
    <>
      <Problems problems={problems} show={show} trans={trans} />
      <div className="casa-Configuration-filter">
        <InputGroup
          type="search"
          aria-label={trans.__('Search the settings')}
          placeholder={trans.__('Search keys, values and files')}
          rightIcon="ui-components:search"
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <Button
          className="casa-Chip jp-mod-styled"
          small
          aria-pressed={changedOnly}
          title={trans.__('Leave out what is as the packages have it')}
          onClick={() => setChangedOnly(!changedOnly)}
        >
          {trans.__('%1 changed', changed)}
        </Button>
        <span className="casa-Configuration-count" role="status">
          {chosen.length === settings.length
            ? trans._n('%1 setting', '%1 settings', settings.length)
            : trans.__('%1 of %2 settings', chosen.length, settings.length)}
        </span>
        <Button
          className="jp-mod-styled"
          small
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          <addIcon.react tag="span" elementPosition="center" />
          {trans.__('Set a key')}
        </Button>
      </div>
      {adding && (
        <SettingEditor
          model={model}
          done={() => setAdding(false)}
          trans={trans}
        />
      )}
      <p className="casa-Configuration-note">
        {trans.__(
          'Changes are written to %1, and count for clusters and kernels that start from then on.',
          editable_file
        )}
      </p>
      <div className="casa-Configuration-tree">
        {treeOf(chosen).map(node => (
          <Branch
            key={node.key}
            node={node}
            open={changedOnly || text !== ''}
            {...props}
          />
        ))}
      </div>
    </>
  );
}

/** What is wrong in the files. */
function Problems(props: {
  problems: ReadonlyArray<ConfigurationProblem>;
  show: (key: string) => void;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { problems, show, trans } = props;
  if (problems.length === 0) {
    return null;
  }
  return (
    <ul
      className="casa-Configuration-problems"
      aria-label={trans.__('Problems')}
    >
      {problems.map(({ key, message, hint, severity, source }, index) => (
        <li key={index} data-severity={severity}>
          <strong>
            {severity === 'error' ? trans.__('Error') : trans.__('Warning')}
          </strong>{' '}
          {key && (
            <button
              className="casa-Configuration-key"
              title={trans.__('Show it')}
              onClick={() => show(key)}
            >
              {key}
            </button>
          )}{' '}
          {message} {hint}
          {source && (
            <span className="casa-Configuration-source">
              {sourceWords(source, trans)}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** A setting, or a section that opens. */
function Branch(
  props: IConfigurationPaneProps & { node: ISettingNode; open: boolean }
): JSX.Element {
  const { node, open, model, configuration, trans } = props;
  const row = node.setting && (
    <SettingRow
      name={node.name}
      setting={node.setting}
      model={model}
      configuration={configuration}
      trans={trans}
    />
  );
  if (node.children.length === 0) {
    return <>{row}</>;
  }
  return (
    <>
      {row}
      {/* Another key: what the user has opened or closed is forgotten when the filter says otherwise. */}
      <details key={`${open}`} open={open || undefined}>
        <summary>
          {node.name}
          <span className="casa-Configuration-count">{countOf(node)}</span>
        </summary>
        {node.children.map(child => (
          <Branch {...props} key={child.key} node={child} />
        ))}
      </details>
    </>
  );
}
