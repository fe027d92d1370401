import type { TranslationBundle } from '@jupyterlab/translation';
import { FormComponent } from '@jupyterlab/ui-components';
import { PartialJSONObject, ReadonlyJSONObject } from '@lumino/coreutils';
import type {
  ErrorSchema,
  FieldTemplateProps,
  RJSFSchema,
  UiSchema,
  ValidatorType
} from '@rjsf/utils';
import * as React from 'react';

import { textKind } from './optionkinds';
import { ProblemLine } from '../problemline';
import type { Problem } from '../request';
import { TEXT_FIELDS } from './textfields';

export interface IOptionsProps {
  /** The JSON Schema of the profile's options. */
  schema: PartialJSONObject;
  values: PartialJSONObject;
  validator: ValidatorType<ReadonlyJSONObject>;

  /** What the server refused; shown at its field if it is one of these. */
  problem: Problem | null;

  onChange: (values: PartialJSONObject) => void;
  trans: TranslationBundle;

  /** What else belongs to *More options*. */
  children?: React.ReactNode;
}

/** A form made from the schema, with the options that rarely matter folded. */
export function Options(props: IOptionsProps): JSX.Element {
  const { schema, trans } = props;
  const [usual, advanced] = React.useMemo(() => split(schema), [schema]);
  const extraErrors = errorsAt(props.problem);
  const form = (part: RJSFSchema) => (
    <FormComponent
      schema={part}
      formData={props.values as ReadonlyJSONObject}
      formContext={{ defaultFormData: {}, trans }}
      fields={TEXT_FIELDS}
      uiSchema={uiSchemaOf(part)}
      templates={{ FieldTemplate }}
      validator={props.validator}
      extraErrors={extraErrors}
      liveValidate
      showErrorList={false}
      transformErrors={errors =>
        errors.map(error =>
          error.name === 'pattern'
            ? // The pattern itself would help nobody; the description may.
              {
                ...error,
                message: trans.__('This does not have the right form.')
              }
            : error
        )
      }
      // The dialog sends, and a form inside it must not.
      tagName="div"
      idSeparator="."
      onChange={({ formData }) =>
        props.onChange({ ...props.values, ...(formData as PartialJSONObject) })
      }
    />
  );
  const erring = Object.keys(extraErrors).some(
    name => name in (advanced.properties ?? {})
  );
  return (
    <div className="casa-Options">
      {form(usual)}
      <details open={erring || undefined}>
        <summary>{trans.__('More options')}</summary>
        {form(advanced)}
        {props.children}
      </details>
    </div>
  );
}

/** JupyterLab's own template has no labels for screen readers and is wide. */
function FieldTemplate(props: FieldTemplateProps): JSX.Element {
  if (props.schema.type === 'object' && !textKind(props.schema)) {
    return props.children;
  }
  const isBoolean = props.schema.type === 'boolean';
  return (
    <div className="casa-Field">
      {!isBoolean && <label htmlFor={props.id}>{props.label}</label>}
      {props.children}
      {props.schema.description && (
        <div className="casa-Field-help">{props.schema.description}</div>
      )}
      {props.schema.readOnly && (
        <div className="casa-Field-help">
          {(props.formContext as { trans: TranslationBundle }).trans.__(
            'Set by the operator.'
          )}
        </div>
      )}
      {props.rawErrors?.map(text => (
        <ProblemLine key={text} text={text} blocks />
      ))}
    </div>
  );
}

/** The schema of what usually matters, and that of the rest. */
export function split(schema: PartialJSONObject): [RJSFSchema, RJSFSchema] {
  const properties = Object.entries(
    (schema.properties ?? {}) as Record<string, PartialJSONObject>
  );
  const required = (schema.required ?? []) as string[];
  const part = (advanced: boolean): RJSFSchema => {
    const chosen = properties.filter(
      ([, property]) => !!property['x-advanced'] === advanced
    );
    const names = chosen.map(([name]) => name);
    return {
      type: 'object',
      $defs: schema.$defs ?? {},
      properties: Object.fromEntries(chosen.map(withoutUsualText)),
      required: required.filter(name => names.includes(name))
    } as RJSFSchema;
  };
  return [part(false), part(true)];
}

/** The form would put the usual items back that a user has removed. */
function withoutUsualText([name, property]: [string, PartialJSONObject]): [
  string,
  PartialJSONObject
] {
  return [
    name,
    textKind(property) ? { ...property, default: undefined } : property
  ];
}

/** Lists of strings and the like are edited as text; an empty text is not the usual one. */
function uiSchemaOf(part: RJSFSchema): UiSchema<ReadonlyJSONObject> {
  const ui: UiSchema<ReadonlyJSONObject> = {};
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    const { type, default: usual } = property as RJSFSchema;
    const kind = textKind(property);
    if (kind) {
      ui[name] = { 'ui:field': kind };
    } else if (type === 'string' && usual) {
      ui[name] = { 'ui:emptyValue': '' };
    }
  }
  return ui;
}

/** `options.memory` is wrong: an error at the field `memory`. */
function errorsAt(problem: Problem | null): ErrorSchema {
  const [root, ...path] = problem?.field?.split('.') ?? [];
  if (!problem || root !== 'options') {
    return {};
  }
  return path.reduceRight<object>((inner, name) => ({ [name]: inner }), {
    __errors: [problem.message]
  });
}
