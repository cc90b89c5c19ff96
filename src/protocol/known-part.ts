/** The part of a value of another release that this release knows. */
import { z } from 'zod';

/**
 * Parses a value with the fields left out that the schema does not have, at any depth, and of lists
 * the items that do not fit it.
 * @returns undefined: the rest does not fit the schema either
 */
export function knownPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(reduced(schema, value));
  return parsed.success ? parsed.data : undefined;
}

function reduced(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodNullable)
    return value === null ? null : reduced(schema.unwrap(), value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const { element } = schema;
    return value.flatMap((item: unknown) => {
      const known = reduced(element, item);
      return element instanceof z.ZodType && element.safeParse(known).success ? [known] : [];
    });
  }
  if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const shape: Readonly<Record<string, unknown>> = schema.shape;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, field]: [string, unknown]) =>
        Object.hasOwn(shape, name) ? [[name, reduced(shape[name], field)]] : [],
      ),
    );
  }
  return value;
}
