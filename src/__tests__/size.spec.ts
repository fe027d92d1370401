import { nullTranslator } from '@jupyterlab/translation';

import { effectOf } from '../launch/scale';
import { draftOf, ISizeDraft, problemInSize, sizeOf } from '../launch/size';
import { makeCluster } from './testing';

const trans = nullTranslator.load('casa_labext');
const fixed = (workers: string): ISizeDraft => ({
  ...draftOf({ workers: 4 }, 10),
  workers
});
const adaptive = (minimum: string, maximum: string): ISizeDraft => ({
  ...draftOf({ minimum: 0, maximum: 1 }, 10),
  minimum,
  maximum
});

describe('draftOf and sizeOf', () => {
  it.each([
    { workers: 0 },
    { workers: 4 },
    { minimum: 1, maximum: 9 },
    { minimum: 1, maximum: 9, interval: 0.5, wait_count: 3 },
    { minimum: 1, maximum: 9, target_duration: 60 }
  ])('give %j back', size => {
    expect(sizeOf(draftOf(size, 10))).toEqual(size);
  });

  it('begin the other mode with bounds that are allowed', () => {
    const draft = { ...draftOf({ workers: 0 }, 10), mode: 'adaptive' as const };
    expect(sizeOf(draft)).toEqual({ minimum: 0, maximum: 1 });
  });
});

describe('problemInSize', () => {
  it.each([
    fixed('0'),
    fixed('10'),
    adaptive('0', '1'),
    adaptive('10', '10'),
    { ...adaptive('0', '1'), interval: '0.1', wait_count: '1000' },
    { ...fixed('1'), interval: '0' }
  ])('is null for %j', draft => {
    expect(problemInSize(draft, 10, trans)).toBeNull();
  });

  it.each([
    [fixed(''), 'whole number'],
    [fixed('1.5'), 'whole number'],
    [fixed('-1'), 'whole number'],
    [fixed('11'), 'limit of the profile is 10 workers'],
    [adaptive('0', '0'), 'at least 1'],
    [adaptive('3', '2'), 'more than the maximum'],
    [{ ...adaptive('0', '1'), interval: '0' }, 'out of its range'],
    [{ ...adaptive('0', '1'), wait_count: '1.5' }, 'out of its range'],
    [{ ...adaptive('0', '1'), target_duration: '1e9' }, 'out of its range']
  ])('of %j says why', (draft, words) => {
    expect(problemInSize(draft, 10, trans)).toContain(words);
  });

  it('is silent about the mode that is not chosen', () => {
    const draft = { ...fixed('4'), maximum: 'x' };
    expect(problemInSize(draft, 10, trans)).toBeNull();
  });
});

describe('effectOf', () => {
  const cluster = makeCluster({
    tasks: { processing: 3, waiting: 0, erred: 0 }
  });

  it.each([
    [fixed('6'), 'Starts 2 workers.'],
    [fixed('4'), 'No change of the number of workers.'],
    [fixed('3'), 'Stops 1 worker. 3 tasks are being processed.'],
    [fixed('x'), '']
  ])('of %j is %s', (draft, words) => {
    expect(effectOf(draft, cluster, trans)).toBe(words);
  });
});
