import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { CodeBlock } from '../codeblock';
import { hasMistake } from './formdialog';
import type { LaunchModel } from './launch';
import { ProblemLine } from '../problemline';
import { problemOf, sentenceOf } from '../request';

/** How long nothing must have been typed, in ms. */
const PAUSE = 600;

/** The answer to the request of now; undefined until there is one. */
type Answer =
  { text: string | null } | { problem: string } | { correct: true } | undefined;

export interface IPreviewPaneProps {
  model: LaunchModel;
  trans: TranslationBundle;
}

/** What would be submitted, made only when the user wants to see it. */
export function PreviewPane({ model, trans }: IPreviewPaneProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const pane = React.useRef<HTMLDetailsElement>(null);
  const answer = usePreview(model, open, pane, trans);
  return (
    <details
      ref={pane}
      className="casa-Preview"
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{trans.__('Preview')}</summary>
      <div role="status">
        {open && answer === undefined && trans.__('Making the preview…')}
        {answer &&
          'correct' in answer &&
          trans.__('No preview: the form says what is wrong.')}
        {answer &&
          'text' in answer &&
          answer.text === null &&
          trans.__('Nothing would be submitted.')}
      </div>
      {answer && 'problem' in answer && <ProblemLine text={answer.problem} />}
      {answer && 'text' in answer && answer.text !== null && (
        <CodeBlock
          text={answer.text}
          label={trans.__('Preview')}
          trans={trans}
        />
      )}
    </details>
  );
}

/** Ask for a preview whenever something else would be sent. */
function usePreview(
  model: LaunchModel,
  open: boolean,
  pane: React.RefObject<Element>,
  trans: TranslationBundle
): Answer {
  const [answer, setAnswer] = React.useState<Answer>();
  const request = JSON.stringify(model.request());
  React.useEffect(() => {
    if (!open) {
      return;
    }
    setAnswer(undefined);
    let current = true;
    const ask = async () => {
      // The server would say the same once more.
      const form = pane.current?.closest('.casa-NewCluster-form');
      if (form && hasMistake(form)) {
        setAnswer({ correct: true });
        return;
      }
      const next = await answerTo(model, trans, () => current);
      if (current) {
        setAnswer(next);
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [model, open, request]);
  return answer;
}

/** What is wrong with a field is shown there. */
async function answerTo(
  model: LaunchModel,
  trans: TranslationBundle,
  isCurrent: () => boolean
): Promise<Answer> {
  try {
    const { text } = await model.preview();
    return { text };
  } catch (error) {
    const problem = problemOf(error, trans);
    if (problem.field === undefined) {
      return { problem: sentenceOf(problem) };
    }
    if (isCurrent()) {
      model.refuse(problem);
    }
    return { correct: true };
  }
}
