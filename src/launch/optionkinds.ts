import type { PartialJSONObject } from '@lumino/coreutils';

/** How an option is edited as text: `lines` one item a line, `pairs` one `key = value` a line. */
export type TextKind = 'lines' | 'pairs';

/** How the option with a schema is edited as text; null if it is not. */
export function textKind(schema: unknown): TextKind | null {
  const { type, items, additionalProperties } = schema as Record<string, any>;
  if (type === 'array' && items?.type === 'string' && !items.enum) {
    return 'lines';
  }
  return type === 'object' && additionalProperties?.type === 'string'
    ? 'pairs'
    : null;
}

/** What the options that are edited as text are if nobody changes them. */
export function usualTexts(schema: PartialJSONObject): PartialJSONObject {
  return Object.fromEntries(
    Object.entries(
      (schema.properties ?? {}) as Record<string, PartialJSONObject>
    )
      .filter(([, property]) => textKind(property) && 'default' in property)
      .map(([name, property]) => [name, property.default])
  );
}
