/** Writes plain values as YAML, with two spaces of indentation and no more quotes than needed. */

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

export function yaml(value: unknown): string {
  return `${lines(value as Plain).join('\n')}\n`;
}

function lines(value: Plain): string[] {
  if (Array.isArray(value)) {
    return (value as readonly Plain[]).flatMap((item) =>
      lines(item).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
    );
  }
  if (typeof value !== 'object') return [scalar(value)];
  return Object.entries(value).flatMap(([key, item]) => {
    if (typeof item !== 'object') return [`${key}: ${scalar(item)}`];
    const inner = lines(item);
    if (inner.length === 0) return [`${key}: {}`];
    return [`${key}:`, ...inner.map((line) => `  ${line}`)];
  });
}

function scalar(value: Plain): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const bare = /^[A-Za-z/][\w./:-]*$/.test(value);
  if (bare) return value;
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
}
