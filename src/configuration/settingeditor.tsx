import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ConfigurationModel } from './configurationmodel';
import { ProblemLine } from '../problemline';
import { textOf, valueOf } from './settings';
import type { Setting } from '../tokens';

const EXAMPLE = 'distributed.worker.memory.target';

export interface ISettingEditorProps {
  model: ConfigurationModel;

  /** What is edited; a new key if left out. */
  setting?: Setting;

  /** Called when there is nothing more to edit. */
  done: () => void;

  trans: TranslationBundle;
}

/** Sets a key; the server says whether dask can use the value. */
export function SettingEditor(props: ISettingEditorProps): JSX.Element {
  const { model, setting, done, trans } = props;
  const [key, setKey] = React.useState(setting?.key ?? '');
  const [text, setText] = React.useState(
    setting && !setting.redacted ? textOf(setting.value) : ''
  );
  const [refusal, setRefusal] = React.useState('');
  const [busy, setBusy] = React.useState(false);

  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const reason = await model.change({
      key: key.trim(),
      value: valueOf(text)
    });
    setBusy(false);
    setRefusal(reason);
    if (!reason) {
      done();
    }
  };
  return (
    <form
      className="casa-SettingEditor"
      aria-label={setting ? trans.__('Edit %1', key) : trans.__('Set a key')}
      onSubmit={event => void save(event)}
      onKeyDown={event => event.key === 'Escape' && done()}
    >
      {!setting && (
        <input
          className="jp-mod-styled"
          autoFocus
          required
          aria-label={trans.__('Key')}
          placeholder={trans.__('Such as %1', EXAMPLE)}
          value={key}
          onChange={event => setKey(event.target.value)}
        />
      )}
      <input
        className="jp-mod-styled"
        autoFocus={setting !== undefined}
        aria-label={trans.__('Value')}
        title={trans.__(
          'A text, or JSON: true, 5, null, ["a", "b"]. A text that is JSON too needs quotes.'
        )}
        placeholder={trans.__('Text or JSON')}
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <Button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        disabled={busy}
      >
        {busy ? trans.__('Checking…') : trans.__('Save')}
      </Button>
      <Button type="button" className="jp-mod-styled" onClick={done}>
        {trans.__('Cancel')}
      </Button>
      {refusal && <ProblemLine text={refusal} />}
    </form>
  );
}
