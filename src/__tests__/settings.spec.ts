import {
  countOf,
  selectSettings,
  textOf,
  treeOf,
  valueOf
} from '../configuration/settings';
import type { Setting } from '../tokens';

function makeSetting(key: string, value: unknown, file?: string): Setting {
  const source = file
    ? { layer: 'file' as const, name: file, line: 3 }
    : { layer: 'default' as const, name: 'distributed', line: null };
  return { key, value, redacted: false, source, shadowed: [] };
}

const SETTINGS = [
  makeSetting('distributed.admin.tick.limit', '3s'),
  makeSetting('distributed.scheduler.work-stealing', false, '/etc/dask/x.yaml'),
  makeSetting('temporary-directory', '/scratch', '/home/me/y.yaml')
];

describe('the settings', () => {
  const keys = (text: string, changedOnly = false) =>
    selectSettings(SETTINGS, { text, changedOnly }).map(({ key }) => key);

  it('are found by key, value and file, all words of them', () => {
    expect(keys('')).toHaveLength(3);
    expect(keys('TICK lim')).toEqual(['distributed.admin.tick.limit']);
    expect(keys('false')).toEqual(['distributed.scheduler.work-stealing']);
    expect(keys('/etc/dask')).toEqual(['distributed.scheduler.work-stealing']);
    expect(keys('tick scratch')).toEqual([]);
  });

  it('that somebody set can be shown alone', () => {
    expect(keys('', true)).toEqual([
      'distributed.scheduler.work-stealing',
      'temporary-directory'
    ]);
  });

  it('make a tree of their keys', () => {
    const [distributed, temporary] = treeOf(SETTINGS);
    expect(distributed.children.map(({ key }) => key)).toEqual([
      'distributed.admin',
      'distributed.scheduler'
    ]);
    expect(countOf(distributed)).toBe(2);
    expect(temporary.setting).toBe(SETTINGS[2]);
    expect(temporary.children).toEqual([]);
  });

  it('may be a value and a section at once', () => {
    const [logging] = treeOf([
      makeSetting('logging', 'info'),
      makeSetting('logging.distributed', 'debug')
    ]);
    expect(countOf(logging)).toBe(2);
  });
});

describe('a value', () => {
  it.each([
    ['5s', '5s'],
    [5, '5'],
    [true, 'true'],
    [null, 'null'],
    ['true', '"true"'],
    ['5', '"5"'],
    ['', '""'],
    [['a', 1], '["a",1]'],
    [{}, '{}']
  ])('%j is edited as %s and read back', (value, text) => {
    expect(textOf(value)).toBe(text);
    expect(valueOf(text)).toEqual(value);
  });

  it('loses the blanks around it, which nobody sees', () => {
    expect(valueOf(' 5 GB ')).toBe('5 GB');
    expect(textOf(' x')).toBe('" x"');
  });
});
