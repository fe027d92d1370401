import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import '../style/codeblock.css';

export interface ICodeBlockProps {
  text: string;

  /** What it is. */
  label: string;

  trans: TranslationBundle;
}

/** Text as it is, to be read and copied. */
export function CodeBlock(props: ICodeBlockProps): JSX.Element {
  const { text, label, trans } = props;
  return (
    <div className="casa-CodeBlock">
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <Button
        type="button"
        minimal
        small
        title={trans.__('Copy')}
        aria-label={trans.__('Copy')}
        onClick={() => Clipboard.copyToSystem(text)}
      >
        <copyIcon.react tag="span" elementPosition="center" />
      </Button>
    </div>
  );
}
