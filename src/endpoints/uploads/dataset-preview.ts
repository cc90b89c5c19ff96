/**
 * Converts a preview of a dataset to the wire format: pictures as the bytes of one image, rows with
 * their class by name.
 */
import { defined } from '../../core/at.ts';
import type { DatasetPreview } from '../../datasets/preview.ts';
import { outputOf } from '../../documents/dataset-output.ts';
import type { DatasetPreview as WindowPreview } from '../../protocol/window/datasets.ts';

export interface About {
  /** Source as the user knows it; null: a built-in dataset. */
  readonly path: string | null;
  /** Time at which it was stored, ISO 8601; null: it is not stored. */
  readonly imported: string | null;
  /** True if the source can be read again. */
  readonly again: boolean;
  /** Of an import: a dataset with the same content. */
  readonly same?: WindowPreview['same'];
}

export function toWindowPreview(preview: DatasetPreview, about: About): WindowPreview {
  const { kind, match, warnings } = preview;
  const { path, imported } = about;
  const source = path === null ? null : { path, kind };
  return {
    dataset: outputOf(preview, { ...preview, source, imported }),
    same: about.same ?? null,
    recognised: path === null ? null : { kind, how: match },
    samples: samplesOf(preview),
    table: tableOf(preview),
    label:
      preview.label === null
        ? null
        : { ...preview.label, choices: [...preview.label.choices], again: about.again },
    warnings: warnings.map(({ code, ...data }) => ({ code, data })),
  };
}

/** Converts planes to pixels and columns to rows. */
function samplesOf({ grid, classNames }: DatasetPreview): WindowPreview['samples'] {
  if (grid === null) return null;
  const { channels, height, width, reduced, columns } = grid;
  const rows = Math.max(0, ...columns.map(({ samples }) => samples));
  const [pixels, plane] = [channels * height * width, height * width];
  const bytes = new Uint8Array(rows * columns.length * pixels);
  columns.forEach((column, c) => {
    for (let row = 0; row < column.samples; row++) {
      const to = (row * columns.length + c) * pixels;
      for (let at = 0; at < pixels; at++)
        bytes[to + (at % plane) * channels + Math.floor(at / plane)] = defined(
          column.pixels[row * pixels + at],
        );
    }
  });
  return {
    height,
    width,
    channels,
    reduced,
    columns: columns.map((column) =>
      column.class === null ? '' : (classNames[column.class] ?? String(column.class)),
    ),
    counts: columns.map(({ samples }) => samples),
    rows,
    pixels: Buffer.from(bytes.buffer).toString('base64'),
  };
}

function tableOf({ table, classNames }: DatasetPreview): WindowPreview['table'] {
  if (table === null) return null;
  const { features, of, targets, label, choices, rows } = table;
  const predicted = targets.length > 0 ? targets : [label ?? 'class'];
  return {
    columns: [...features, ...predicted],
    predicted: [...predicted],
    choices: [...choices],
    rows: rows.map((row) => [
      ...row.values,
      ...(row.class === null ? row.targets : [classNames[row.class] ?? String(row.class)]),
    ]),
    features: of,
  };
}
