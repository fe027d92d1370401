import { nullTranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { PartialJSONObject, ReadonlyJSONObject } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { ValidatorType } from '@rjsf/utils';
import * as React from 'react';

import { Options } from '../launch/options';
import { Problem } from '../request';
import { parseLines, parsePairs } from '../launch/textfields';
import { typeInto } from './testing';

const trans = nullTranslator.load('casa_labext');

const schema = {
  type: 'object',
  properties: {
    prologue: {
      type: 'array',
      title: 'Prologue',
      items: { type: 'string', pattern: '^[^!]*$' }
    },
    walltime: { type: 'string', title: 'Walltime', default: '00:30:00' },
    directives: {
      type: 'object',
      title: 'Directives',
      additionalProperties: { type: 'string' },
      default: { rank: 'Mips' },
      'x-advanced': true
    }
  }
};

describe('Options', () => {
  let host: ReactWidget;
  let values: PartialJSONObject;
  let validator: ValidatorType<ReadonlyJSONObject>;

  beforeAll(async () => {
    const { customizeValidator } = await import('@rjsf/validator-ajv8');
    validator = customizeValidator<ReadonlyJSONObject>();
  });

  const draw = (initial: PartialJSONObject, problem: Problem | null = null) => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    values = initial;
    const Form = () => {
      const [data, setData] = React.useState(initial);
      return (
        <Options
          schema={schema}
          values={data}
          validator={validator}
          problem={problem}
          onChange={next => {
            values = next;
            setData(next);
          }}
          trans={trans}
        />
      );
    };
    host = ReactWidget.create(<Form />);
    React.act(() => {
      Widget.attach(host, document.body);
      MessageLoop.flush();
    });
  };
  afterEach(() => {
    React.act(() => host.dispose());
  });

  const area = (label: string) => {
    const id = Array.from(host.node.querySelectorAll('label')).find(
      node => node.textContent === label
    )!.htmlFor;
    return document.getElementById(id) as HTMLTextAreaElement;
  };
  const errors = () =>
    Array.from(
      host.node.querySelectorAll('.jp-mod-error'),
      node => node.textContent
    );

  it('takes a list as lines', () => {
    draw({});
    typeInto(area('Prologue'), 'module load a\n\n  b\n');
    expect(values.prologue).toEqual(['module load a', '  b']);
    expect(area('Prologue').value).toBe('module load a\n\n  b\n');
    expect(errors()).toEqual([]);
    typeInto(area('Prologue'), 'a\nb!');
    expect(errors()).toEqual(['b!: This does not have the right form.']);
  });

  it('takes an object as pairs, and says which lines are none', () => {
    draw({ directives: { rank: 'Mips' } });
    expect(area('Directives').value).toBe('rank = Mips');
    typeInto(area('Directives'), '+Queue = "a = b"\noops\n');
    expect(values.directives).toEqual({ '+Queue': '"a = b"' });
    expect(area('Directives').value).toContain('oops');
    expect(errors()).toEqual([
      '“oops” is not “key = value” with a key of its own.'
    ]);
    typeInto(area('Directives'), '');
    expect(values.directives).toEqual({});
    expect(area('Directives').value).toBe('');
    expect(errors()).toEqual([]);
  });

  it('takes an emptied text for empty, not for the usual one', () => {
    draw({});
    expect(area('Walltime').value).toBe('00:30:00');
    typeInto(area('Walltime'), '');
    expect(values.walltime).toBe('');
    expect(area('Walltime').value).toBe('');
  });

  it('shows at its item what the server refused', () => {
    draw(
      { prologue: ['a', 'b'] },
      { message: 'Not allowed.', field: 'options.prologue.1' }
    );
    expect(errors()).toEqual(['b: Not allowed.']);
  });
});

describe('parseLines and parsePairs', () => {
  it('know empty texts and keys that are there twice', () => {
    expect(parseLines(' \n').value).toEqual([]);
    expect(parsePairs('a=1\n a = 2\n= 3\nb=')).toEqual({
      value: { a: '1', b: '' },
      wrong: ['a = 2', '= 3']
    });
  });
});
