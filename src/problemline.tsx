import * as React from 'react';
import '../style/problemline.css';

export interface IProblemLineProps {
  text: string;

  /** Whether the dialog must not be accepted as it stands. */
  blocks?: boolean;
}

/** What is wrong, beside what it is about. */
export function ProblemLine({ text, blocks }: IProblemLineProps): JSX.Element {
  // JupyterLab's dialogs accept nothing while they contain a `jp-mod-error`.
  const className = blocks
    ? 'casa-ProblemLine jp-mod-error'
    : 'casa-ProblemLine';
  return (
    <div className={className} role="alert">
      {text}
    </div>
  );
}
