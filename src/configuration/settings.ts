import type { DaskConfiguration, Setting, Source } from '../tokens';

export interface ISettingFilter {
  /** Words that key, value or source must have. */
  text: string;

  /** Whether to leave out what is as the packages have it. */
  changedOnly: boolean;
}

/** A part of a key, with what is below it. */
export interface ISettingNode {
  /** The part. */
  name: string;

  /** The whole key. */
  key: string;

  setting: Setting | null;
  children: ISettingNode[];
}

/** Whether somebody has set it. */
export function isChanged({ source }: Setting): boolean {
  return source.layer !== 'default';
}

/** The settings that a filter lets pass. */
export function selectSettings(
  settings: ReadonlyArray<Setting>,
  { text, changedOnly }: ISettingFilter
): Setting[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(setting => {
    if (changedOnly && !isChanged(setting)) {
      return false;
    }
    const { key, value, source } = setting;
    const all = `${key} ${textOf(value)} ${source.name}`.toLowerCase();
    return words.every(word => all.includes(word));
  });
}

/** The same as a tree. */
export function treeOf(settings: ReadonlyArray<Setting>): ISettingNode[] {
  const root: ISettingNode = { name: '', key: '', setting: null, children: [] };
  for (const setting of settings) {
    let node = root;
    for (const name of setting.key.split('.')) {
      let child = node.children.find(other => other.name === name);
      if (!child) {
        const key = node === root ? name : `${node.key}.${name}`;
        child = { name, key, setting: null, children: [] };
        node.children.push(child);
      }
      node = child;
    }
    node.setting = setting;
  }
  return root.children;
}

/** The number of settings in a branch. */
export function countOf({ setting, children }: ISettingNode): number {
  return children.reduce((sum, child) => sum + countOf(child), setting ? 1 : 0);
}

/** A value as it is shown and edited: JSON, but texts without quotes where these say nothing. */
export function textOf(value: unknown): string {
  if (typeof value === 'string' && valueOf(value) === value && value !== '') {
    return value;
  }
  return JSON.stringify(value);
}

/** The value that a text means: JSON if it is JSON, otherwise the text itself. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/** Whether a value was set on the page. */
export function isOwn(
  source: Source,
  configuration: DaskConfiguration
): boolean {
  return source.name === configuration.editable_file;
}
