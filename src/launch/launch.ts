import type { TranslationBundle } from '@jupyterlab/translation';
import {
  JSONExt,
  PartialJSONObject,
  PartialJSONValue
} from '@lumino/coreutils';

import type { ClusterAPI } from '../api';
import { FormModel } from './formdialog';
import { usualTexts } from './optionkinds';
import { draftOf, ISizeDraft, sizeOf } from './size';
import type {
  ClusterRequest,
  Environment,
  Preview,
  Profile,
  Profiles
} from '../tokens';

/** What can be typed about a cluster that is to be started. */
export interface ILaunchDraft {
  name: string;

  /** The name of an environment; undefined until one is chosen. */
  environment: string | undefined;

  size: ISizeDraft;
  options: PartialJSONObject;
  keep: boolean;
}

/** The form of a new cluster. */
export class LaunchModel extends FormModel {
  constructor(
    private _api: ClusterAPI,
    public offer: Profiles,
    chosen: string | undefined,
    trans: TranslationBundle
  ) {
    super(trans);
    this.profile = usableProfile(offer, chosen) ?? usableProfile(offer) ?? null;
    this.draft = {
      name: '',
      environment: undefined,
      keep: false,
      ...this._defaults()
    };
  }

  /** The chosen profile; null if none can be launched. */
  profile: Profile | null;

  draft: ILaunchDraft;

  /** The environments to choose from; empty until they are known. */
  environments: ReadonlyArray<Environment> = [];

  /** Look which environments there are, which may take the server a while. */
  async loadEnvironments(): Promise<void> {
    const asked = this.profile?.name;
    const environments = await this._api.environments(asked ?? '');
    if (asked !== this.profile?.name) {
      return; // another profile has been chosen meanwhile
    }
    this.environments = environments;
    const usable = environments.filter(e => e.unusable === null);
    const chosen = usable.find(e => e.name === this.draft.environment);
    this.edit({ environment: (chosen ?? usable[0])?.name });
  }

  /** Choose another profile; name and environment stay. */
  choose(profile: Profile): void {
    this.profile = profile;
    this.edit(this._defaults());
    this.loadEnvironments().catch(reason => console.warn(reason));
  }

  /** Take over what can be launched now; what was typed stays unless the profile asks for other things. */
  renew(offer: Profiles): void {
    const before = this.profile;
    this.offer = offer;
    this.profile =
      offer.profiles.find(({ name }) => name === before?.name) ??
      usableProfile(offer) ??
      null;
    if (this.profile && !asksTheSame(this.profile, before)) {
      this.choose(this.profile);
    } else {
      this.redraw();
    }
  }

  edit(part: Partial<ILaunchDraft>): void {
    this.draft = { ...this.draft, ...part };
    this.edited();
  }

  /** What is sent: only what the user has filled in or changed. */
  request(): ClusterRequest {
    const { name, environment, size, options, keep } = this.draft;
    const request: ClusterRequest = {
      profile: this.profile?.name ?? '',
      ...(this.profile?.attached ? {} : { size: sizeOf(size) }),
      options: changedOptions(options, schemaOf(this.profile)),
      keep
    };
    if (name.trim() !== '') {
      request.name = name.trim();
    }
    if (environment !== undefined) {
      request.environment = environment;
    }
    return request;
  }

  /** Ask what would be submitted. */
  preview(): Promise<Preview> {
    return this._api.preview(this.request());
  }

  protected send(): Promise<unknown> {
    return this._api.create(this.request());
  }

  private _defaults(): Pick<ILaunchDraft, 'size' | 'options'> {
    return {
      size: draftOf(
        this.profile?.size ?? { workers: 0 },
        this.profile?.maximum_workers ?? 0
      ),
      options: usualTexts(schemaOf(this.profile))
    };
  }
}

/** The profile with a name, or the first, if it can be launched. */
export function usableProfile(
  { profiles }: Profiles,
  wanted?: string
): Profile | undefined {
  return profiles.find(
    ({ name, unavailable }) =>
      unavailable === null && (wanted === undefined || name === wanted)
  );
}

/** Whether two profiles have the same form. */
function asksTheSame(one: Profile, other: Profile | null): boolean {
  const form = (profile: Profile) =>
    ({ ...profile, unavailable: null }) as PartialJSONObject;
  return other !== null && JSONExt.deepEqual(form(one), form(other));
}

/** The JSON Schema of a profile's options. */
export function schemaOf(profile: Profile | null): PartialJSONObject {
  return (profile?.schema ?? {}) as PartialJSONObject;
}

/** The options that are neither empty nor what the schema has anyway. */
export function changedOptions(
  options: PartialJSONObject,
  schema: PartialJSONObject
): { [name: string]: PartialJSONValue } {
  const properties = (schema.properties ?? {}) as Record<
    string,
    PartialJSONObject
  >;
  return Object.fromEntries(
    Object.entries(options).filter(
      (entry): entry is [string, PartialJSONValue] => {
        const [name, value] = entry;
        const usual = properties[name]?.default;
        if (isEmpty(value)) {
          // The user has emptied it if there is something usual.
          return value !== undefined && !isEmpty(usual);
        }
        return usual === undefined || !JSONExt.deepEqual(value!, usual);
      }
    )
  );
}

/** The form makes empty strings, lists and objects for what was left out. */
function isEmpty(value: PartialJSONValue | undefined): boolean {
  return (
    value === undefined ||
    value === '' ||
    (value !== null &&
      typeof value === 'object' &&
      Object.keys(value).length === 0)
  );
}
