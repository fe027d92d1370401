import { formatBytes, formatDuration, formatMemory } from '../format';

const GiB = 2 ** 30;

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [1023.9 * 2 ** 20, '1 GiB'],
    [61.2 * GiB, '61 GiB']
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatMemory', () => {
  it.each([
    [61 * GiB, 96 * GiB, '61 / 96 GiB'],
    [GiB / 2, 2 * GiB, '512 MiB / 2 GiB'],
    [0, 2 * GiB, '0 / 2 GiB'],
    [GiB, 0, '1 GiB']
  ])('%d of %d is %s', (used, limit, text) => {
    expect(formatMemory(used, limit)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [-3, '0:00'],
    [14.9, '0:14'],
    [600, '10:00'],
    [3723, '1:02:03']
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
