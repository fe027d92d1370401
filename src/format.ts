import type { TranslationBundle } from '@jupyterlab/translation';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Memory in the unit that makes it short, such as `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const power = powerOf(bytes);
  return `${scaled(bytes, power)} ${UNITS[power]}`;
}

/** Memory in use, of a limit if there is one: `61 / 96 GiB`, `512 MiB / 2 GiB`. */
export function formatMemory(used: number, limit: number): string {
  if (limit === 0) {
    return formatBytes(used);
  }
  const power = powerOf(limit);
  return used === 0 || powerOf(used) === power
    ? `${scaled(used, power)} / ${formatBytes(limit)}`
    : `${formatBytes(used)} / ${formatBytes(limit)}`;
}

/** A duration as a clock shows it: `0:14`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** How old something is, roughly: `4 min`, `2 h`, `3 d`. */
export function formatAge(seconds: number, trans: TranslationBundle): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  const hours = Math.floor(minutes / 60);
  return hours >= 48
    ? trans.__('%1 d', Math.floor(hours / 24))
    : hours >= 1
      ? trans.__('%1 h', hours)
      : trans.__('%1 min', minutes);
}

function powerOf(bytes: number): number {
  let power = 0;
  // A value that would be rounded to 1024 belongs to the next unit.
  while (bytes / 1024 ** power >= 1023.5 && power < UNITS.length - 1) {
    power += 1;
  }
  return power;
}

/** One decimal below ten, where it tells something. */
function scaled(bytes: number, power: number): string {
  const value = bytes / 1024 ** power;
  return String(value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value));
}
