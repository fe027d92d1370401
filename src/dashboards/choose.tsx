import type { TranslationBundle } from '@jupyterlab/translation';
import { InputGroup, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Dialog } from '../dialog';
import type { IPlot, IPlotGroup } from './plots';

/** Let the user choose a plot; `null` if none was. */
export async function choosePlot(
  cluster: string,
  groups: ReadonlyArray<IPlotGroup>,
  trans: TranslationBundle
): Promise<IPlot | null> {
  let chosen: IPlot | null = null;
  const body = ReactWidget.create(
    <Choice
      groups={groups}
      onChoose={plot => {
        chosen = plot;
        dialog.resolve(0);
      }}
      trans={trans}
    />
  );
  const dialog = new Dialog({
    title: trans.__('Plots of %1', cluster),
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Close') })],
    focusNodeSelector: 'input'
  });
  await dialog.launch();
  return chosen;
}

interface IChoiceProps {
  groups: ReadonlyArray<IPlotGroup>;
  onChoose: (plot: IPlot) => void;
  trans: TranslationBundle;
}

function Choice({ groups, onChoose, trans }: IChoiceProps): JSX.Element {
  const [text, setText] = React.useState('');
  const wanted = text.toLowerCase();
  const shown = groups
    .map(({ label, plots }) => ({
      label,
      plots: plots.filter(({ title }) => title.toLowerCase().includes(wanted))
    }))
    .filter(({ plots }) => plots.length > 0);
  return (
    <div className="casa-Plots">
      <InputGroup
        type="search"
        aria-label={trans.__('Search plots')}
        placeholder={trans.__('Search')}
        rightIcon="ui-components:search"
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && shown.length > 0) {
            onChoose(shown[0].plots[0]);
          }
        }}
      />
      {shown.map(({ label, plots }) => (
        <section key={label} aria-label={label}>
          <h3>{label}</h3>
          {plots.map(plot => (
            <button
              key={plot.plot}
              className="casa-Plots-plot"
              onClick={() => onChoose(plot)}
            >
              {plot.title}
            </button>
          ))}
        </section>
      ))}
      {shown.length === 0 && (
        <p role="status">{trans.__('No plot matches.')}</p>
      )}
    </div>
  );
}
