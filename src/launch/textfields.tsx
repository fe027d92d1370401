import type { TranslationBundle } from '@jupyterlab/translation';
import { JSONExt, ReadonlyJSONValue } from '@lumino/coreutils';
import type { ErrorSchema, Field, FieldProps } from '@rjsf/utils';
import * as React from 'react';

import type { TextKind } from './optionkinds';
import { ProblemLine } from '../problemline';

/** What a text means. */
export interface IParsed<T> {
  value: T;

  /** The lines that mean nothing. */
  wrong: string[];
}

/** How values are written as text. */
interface ITextFormat<T> {
  format: (value: T) => string;
  parse: (text: string) => IParsed<T>;
  explain: (line: string, trans: TranslationBundle) => string;
}

/** One item a line; lines without anything are none. */
export function parseLines(text: string): IParsed<string[]> {
  const lines = text.split('\n').map(line => line.trimEnd());
  return { value: lines.filter(line => line !== ''), wrong: [] };
}

/** One `key = value` a line. */
export function parsePairs(text: string): IParsed<Record<string, string>> {
  const pairs = new Map<string, string>();
  const wrong: string[] = [];
  for (const line of parseLines(text).value) {
    const [, key, value] = /^\s*([^=]*[^=\s])\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || pairs.has(key)) {
      wrong.push(line.trim());
    } else {
      pairs.set(key, value);
    }
  }
  return { value: Object.fromEntries(pairs), wrong };
}

const LINES: ITextFormat<string[]> = {
  format: lines => lines.join('\n'),
  parse: parseLines,
  explain: line => line
};

const PAIRS: ITextFormat<Record<string, string>> = {
  format: pairs =>
    Object.entries(pairs)
      .map(([key, value]) => `${key} = ${value}`)
      .join('\n'),
  parse: parsePairs,
  explain: (line, trans) =>
    trans.__('“%1” is not “key = value” with a key of its own.', line)
};

/** A field of the form that shows a value as text of several lines. */
function makeField<T extends ReadonlyJSONValue>(
  empty: T,
  { format, parse, explain }: ITextFormat<T>
): (props: FieldProps) => JSX.Element {
  return function TextField(props) {
    const { idSchema, required, errorSchema, formContext, onChange } = props;
    const { trans } = formContext as { trans: TranslationBundle };
    const value = (props.formData ?? empty) as T;
    const [typed, setTyped] = React.useState('');
    // What was typed stays as it is, as long as it means the value.
    const parsed = parse(typed);
    const same = JSONExt.deepEqual(parsed.value, value);
    const text = same ? typed : format(value);
    const wrong = same ? parsed.wrong : [];
    const lines = text.split('\n').length;
    return (
      <>
        <textarea
          id={idSchema.$id}
          className="casa-TextField"
          rows={Math.min(8, Math.max(2, lines))}
          spellCheck={false}
          required={required}
          readOnly={props.readonly}
          aria-invalid={wrong.length > 0}
          value={text}
          onChange={event => {
            setTyped(event.target.value);
            onChange(parse(event.target.value).value);
          }}
        />
        {wrong.map(line => (
          <ProblemLine key={line} text={explain(line, trans)} blocks />
        ))}
        {errorsInside(errorSchema).map(([item, message]) => (
          <ProblemLine
            key={item}
            text={trans.__('%1: %2', nameOf(value, item), message)}
            blocks
          />
        ))}
      </>
    );
  };
}

/** What an item is called in an error: the line itself, or its key. */
function nameOf(value: ReadonlyJSONValue, item: string): string {
  return Array.isArray(value) ? String(value[Number(item)] ?? item) : item;
}

/** The items that are wrong, and why. */
function errorsInside(errors: ErrorSchema | undefined): [string, string][] {
  return Object.entries(errors ?? {}).flatMap(([item, inner]) => {
    const messages = (inner as ErrorSchema | undefined)?.__errors ?? [];
    return messages.length > 0 ? [[item, messages.join(' ')]] : [];
  });
}

/** The fields of options that are edited as text. */
export const TEXT_FIELDS: Record<TextKind, Field> = {
  lines: makeField<string[]>([], LINES),
  pairs: makeField<Record<string, string>>({}, PAIRS)
};
