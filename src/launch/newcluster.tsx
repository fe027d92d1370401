import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import type { PartialJSONObject, ReadonlyJSONObject } from '@lumino/coreutils';
import type { ValidatorType } from '@rjsf/utils';
import * as React from 'react';

import type { ClusterAPI } from '../api';
import { FormDialog } from './formdialog';
import { LaunchModel, schemaOf, usableProfile } from './launch';
import { Options } from './options';
import { PreviewPane } from './preview';
import { ProblemLine } from '../problemline';
import { sentenceOf } from '../request';
import { SizeControl } from './sizecontrol';
import type { IClusterStore, Profile } from '../tokens';

/** Ask for a new cluster, and start it. */
export async function openNewCluster(
  api: ClusterAPI,
  store: IClusterStore,
  trans: TranslationBundle,
  profile?: string
): Promise<void> {
  const { customizeValidator } = await import('@rjsf/validator-ajv8');
  const { profiles } = store;
  const latest = store.loadProfiles();
  // What is known already does not wait for a batch system that answers late.
  const offer =
    profiles && usableProfile(profiles, profile) ? profiles : await latest;
  const validator = customizeValidator<ReadonlyJSONObject>();
  const model = new LaunchModel(api, offer, profile, trans);
  const dialog = new FormDialog({
    title: trans.__('New cluster'),
    accept: trans.__('Start'),
    model,
    view: () => <LaunchForm model={model} validator={validator} trans={trans} />
  });
  latest.then(
    renewed => model.renew(renewed),
    reason => console.warn(reason)
  );
  // Without the list the server's own environment is used.
  model.loadEnvironments().catch(reason => console.warn(reason));
  await dialog.launch();
}

interface IFormProps {
  model: LaunchModel;
  trans: TranslationBundle;
}

/** Where the form shows a problem; anything else is shown at its end. */
function place(field: string | undefined, profile: Profile): string {
  const [root, option] = field?.split('.') ?? [];
  const options = (schemaOf(profile).properties ?? {}) as PartialJSONObject;
  const shown =
    ['name', 'environment', 'size'].includes(root) ||
    (root === 'options' && option in options);
  return shown ? root : '';
}

/** The whole of the dialog. */
export function LaunchForm(
  props: IFormProps & { validator: ValidatorType<ReadonlyJSONObject> }
): JSX.Element {
  const { model, trans } = props;
  const { draft, profile, problem } = model;
  const error = (where: string) =>
    profile && problem && place(problem.field, profile) === where
      ? sentenceOf(problem)
      : undefined;
  return (
    <div className="casa-NewCluster">
      <ProfileChoice model={model} trans={trans} />
      {profile ? (
        <div className="casa-NewCluster-form">
          <label className="casa-Field">
            {trans.__('Name')}
            <input
              className="jp-mod-styled"
              maxLength={80}
              placeholder={profile.title}
              value={draft.name}
              onChange={event => model.edit({ name: event.target.value })}
            />
            {error('name') && <ProblemLine text={error('name')!} />}
          </label>
          <EnvironmentChoice
            model={model}
            error={error('environment')}
            trans={trans}
          />
          {!profile.attached && (
            <SizeControl
              draft={draft.size}
              limit={profile.maximum_workers}
              error={error('size')}
              onChange={size => model.edit({ size })}
              trans={trans}
            />
          )}
          <Options
            key={profile.name}
            schema={schemaOf(profile)}
            values={draft.options}
            validator={props.validator}
            problem={problem}
            onChange={options => model.edit({ options })}
            trans={trans}
          >
            <label className="casa-Choice">
              <input
                type="checkbox"
                checked={draft.keep}
                onChange={event => model.edit({ keep: event.target.checked })}
              />
              {trans.__('Keep the cluster when the Jupyter server stops')}
            </label>
          </Options>
          {profile.has_preview && (
            <PreviewPane key={profile.name} model={model} trans={trans} />
          )}
          {error('') && <ProblemLine text={error('')!} />}
        </div>
      ) : (
        <ProblemLine
          text={trans.__('No profile can be launched here.')}
          blocks
        />
      )}
    </div>
  );
}

function ProfileChoice({ model, trans }: IFormProps): JSX.Element {
  const { profiles, problems } = model.offer;
  const group = React.useId();
  return (
    <fieldset className="casa-NewCluster-profiles">
      <legend>{trans.__('Profile')}</legend>
      {profiles.map(profile => (
        <label
          key={profile.name}
          className="casa-Choice"
          aria-disabled={profile.unavailable !== null}
        >
          <input
            type="radio"
            name={group}
            disabled={profile.unavailable !== null}
            checked={profile === model.profile}
            onChange={() => model.choose(profile)}
          />
          <span>
            {profile.title}
            <span className="casa-Field-help">
              {profile.unavailable ?? profile.description}
            </span>
          </span>
        </label>
      ))}
      {problems.map(({ where, message }) => (
        <div key={where + message} className="casa-Field-help">
          {where}: {message}
        </div>
      ))}
    </fieldset>
  );
}

function EnvironmentChoice(
  props: IFormProps & { error: string | undefined }
): JSX.Element {
  const { model, trans } = props;
  return (
    <label className="casa-Field">
      {trans.__('Environment')}
      <HTMLSelect
        value={model.draft.environment ?? ''}
        onChange={event => model.edit({ environment: event.target.value })}
      >
        {model.environments.length === 0 && (
          <option value="">{trans.__("The server's own")}</option>
        )}
        {model.environments.map(({ name, title, unusable }) => (
          <option key={name} value={name} disabled={unusable !== null}>
            {unusable === null ? title : trans.__('%1 (%2)', title, unusable)}
          </option>
        ))}
      </HTMLSelect>
      {props.error && <ProblemLine text={props.error} />}
    </label>
  );
}
