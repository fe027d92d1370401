import { nullTranslator } from '@jupyterlab/translation';

import { ClusterAPI } from '../api';
import { changedOptions, LaunchModel, schemaOf } from '../launch/launch';
import { textKind, usualTexts } from '../launch/optionkinds';
import { split } from '../launch/options';
import { makeProfile, makeSettings } from './testing';

const trans = nullTranslator.load('casa_labext');

const schema = schemaOf(makeProfile());
const slurm = makeProfile({
  name: 'slurm',
  size: { minimum: 0, maximum: 5 }
});
const htcondor = makeProfile({ name: 'htcondor', unavailable: 'no schedd' });
const offer = {
  profiles: [htcondor, makeProfile({}), slurm],
  problems: []
};

function makeModel(answer: () => Response, chosen?: string): LaunchModel {
  const api = new ClusterAPI(makeSettings(answer));
  return new LaunchModel(api, offer, chosen, trans);
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status });

describe('LaunchModel', () => {
  it('begins with the chosen profile, or the first that can be launched', () => {
    expect(makeModel(() => json({})).profile?.name).toBe('local');
    expect(makeModel(() => json({}), 'slurm').profile?.name).toBe('slurm');
    expect(makeModel(() => json({}), 'htcondor').profile?.name).toBe('local');
  });

  it('asks only for what was typed', () => {
    const model = makeModel(() => json({}));
    expect(model.request()).toEqual({
      profile: 'local',
      size: { workers: 2 },
      options: {},
      keep: false
    });
    model.edit({ name: ' Physics ', options: { cores: 4, memory: '' } });
    expect(model.request()).toMatchObject({
      name: 'Physics',
      options: { cores: 4 }
    });
  });

  it('keeps the name but not the options when another profile is chosen', () => {
    const model = makeModel(() => json({}));
    model.edit({ name: 'Physics', options: { cores: 4 } });
    model.choose(slurm);
    expect(model.request()).toEqual({
      profile: 'slurm',
      name: 'Physics',
      size: { minimum: 0, maximum: 5 },
      options: {},
      keep: false
    });
  });

  it('learns what can be launched now, and keeps what was typed', () => {
    const model = makeModel(() => json({}), 'slurm');
    model.edit({ name: 'Physics', options: { cores: 4 } });
    const down = { ...slurm, unavailable: 'no slurmctld' };
    model.renew({ profiles: [down], problems: [] });
    expect(model.profile).toBe(down);
    expect(model.request()).toMatchObject({
      name: 'Physics',
      options: { cores: 4 }
    });
  });

  it('begins again with a profile that asks for other things, or is gone', () => {
    const model = makeModel(() => json([]), 'slurm');
    model.edit({ name: 'Physics', options: { cores: 4 } });
    const smaller = { ...slurm, size: { workers: 1 } };
    model.renew({ profiles: [smaller], problems: [] });
    expect(model.request()).toMatchObject({
      name: 'Physics',
      size: { workers: 1 },
      options: {}
    });
    model.renew(offer);
    expect(model.profile?.name).toBe('slurm');
    model.renew({ profiles: [htcondor, makeProfile({})], problems: [] });
    expect(model.request()).toMatchObject({ profile: 'local', options: {} });
  });

  it('keeps the reason of a refusal when it learns more', () => {
    const model = makeModel(() => json({}));
    model.refuse({ message: 'Too many.' });
    model.renew(offer);
    expect(model.problem?.message).toBe('Too many.');
  });

  it('chooses the first environment that can be used', async () => {
    const common = { title: '', python: '', versions: {} };
    const model = makeModel(() =>
      json([
        { ...common, name: 'server', unusable: 'no distributed' },
        { ...common, name: 'python3', unusable: null }
      ])
    );
    await model.loadEnvironments();
    expect(model.request().environment).toBe('python3');
  });

  it('keeps what was refused with the reason, until it is changed', async () => {
    const problem = { message: 'Too many.', field: 'size.workers' };
    const model = makeModel(() => json(problem, 400));
    model.edit({ name: 'Physics' });
    expect(await model.submit()).toBe(false);
    expect(model.problem).toEqual(problem);
    expect(model.draft.name).toBe('Physics');
    model.edit({ name: 'Other' });
    expect(model.problem).toBeNull();
  });

  it('is done when the server has accepted', async () => {
    expect(await makeModel(() => json({}, 202)).submit()).toBe(true);
  });
});

describe('changedOptions', () => {
  it('leaves out what is empty or usual', () => {
    const options = { cores: 1, memory: '', extra: [], other: 0 };
    expect(changedOptions(options, schema)).toEqual({ other: 0 });
  });
});

describe('changedOptions of what has a default', () => {
  const walltime = {
    properties: { walltime: { type: 'string', default: '00:30:00' } }
  };

  it('knows what was emptied from what was left alone', () => {
    expect(changedOptions({ walltime: '' }, walltime)).toEqual({
      walltime: ''
    });
    expect(changedOptions({ walltime: undefined }, walltime)).toEqual({});
    expect(changedOptions({ walltime: '00:30:00' }, walltime)).toEqual({});
  });
});

describe('options that are edited as text', () => {
  const usual = { 'a b': '1' };
  const texts = {
    properties: {
      pairs: {
        type: 'object',
        additionalProperties: { type: 'string' },
        default: usual
      },
      lines: { type: 'array', items: { type: 'string' }, default: ['x'] }
    }
  };

  it('begin with what is usual, and can be emptied', () => {
    const options = usualTexts(texts);
    expect(options).toEqual({ pairs: usual, lines: ['x'] });
    expect(changedOptions(options, texts)).toEqual({});
    expect(changedOptions({ pairs: {}, lines: [] }, texts)).toEqual({
      pairs: {},
      lines: []
    });
  });

  it('are told by their schema', () => {
    expect(textKind(texts.properties.pairs)).toBe('pairs');
    expect(textKind(texts.properties.lines)).toBe('lines');
    expect(textKind({ type: 'array', items: { type: 'number' } })).toBeNull();
    expect(textKind({ type: 'object', properties: {} })).toBeNull();
  });
});

describe('split', () => {
  it('folds the advanced options', () => {
    const [usual, advanced] = split(schema);
    expect(Object.keys(usual.properties!)).toEqual(['cores', 'memory']);
    expect(usual.required).toEqual(['cores']);
    expect(Object.keys(advanced.properties!)).toEqual(['extra']);
    expect(advanced.required).toEqual([]);
  });
});
