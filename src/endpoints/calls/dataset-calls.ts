/** Endpoints of datasets: list, preview, import, storage and removal. */
import { existsSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import { BUNDLED_NAMES } from '../../datasets/catalogue.ts';
import { previewDataset } from '../../datasets/preview.ts';
import type { ImportOptions } from '../../datasets/import/options.ts';
import { readRecord, removeDataset, type StoredDataset } from '../../datasets/store.ts';
import { datasetOutput } from '../../documents/dataset-output.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { datasetsFolder } from '../../datasets/places.ts';
import { unknownDataset } from '../../studies/known-dataset.ts';
import { toWindowPreview } from '../uploads/dataset-preview.ts';
import type { Imports } from '../uploads/imports.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';
import { refusePaths } from './refuse-paths.ts';

type DatasetCalls = Pick<
  CallHandlers,
  | 'datasets'
  | 'preview'
  | 'removeDataset'
  | 'beginImport'
  | 'importAgain'
  | 'cancelImport'
  | 'storeImport'
  | 'discardImport'
>;

export function datasetCalls(deps: CallDeps, imports: Imports): DatasetCalls {
  const { resources, userFolder } = deps;
  const folder = datasetsFolder(userFolder);
  const names = (): readonly string[] => catalogueIn(userFolder).names();
  const end = async (input: { readonly import: string }): Promise<null> => {
    await imports.cancel(input.import);
    return null;
  };
  return {
    datasets: () => names().map((name) => listed(folder, name)),
    preview: async (of) => {
      if ('import' in of) return imports.preview(of.import);
      const preview =
        (await previewDataset({ folder, resources }, of.dataset)) ??
        unknownDataset(of.dataset, names());
      const record = readRecord(folder, of.dataset);
      const again = record?.source.again?.paths.every((path) => existsSync(path)) ?? false;
      return toWindowPreview(preview, {
        path: record?.source.path ?? null,
        imported: record?.imported ?? null,
        again,
      });
    },
    removeDataset: ({ dataset }) => {
      if (BUNDLED_NAMES.includes(dataset))
        throw new GalapagosError(
          'bundled-dataset',
          `${dataset} is built in and cannot be removed`,
          { found: dataset },
        );
      if (!removeDataset(folder, dataset)) unknownDataset(dataset, names());
      deps.datasetsChanged();
      return null;
    },
    beginImport: ({ source, label, options }, context) => {
      if (source.kind === 'upload') {
        const { path, release } = deps.holdUpload(source.upload);
        return {
          import: imports.begin({
            paths: [path],
            as: label,
            label,
            options: given(options),
            release,
          }),
        };
      }
      refusePaths(context);
      const problems = source.paths.flatMap((path, i) =>
        isAbsolute(path)
          ? []
          : [
              {
                code: 'not-absolute',
                path: `source.paths[${String(i)}]`,
                expected: 'an absolute path',
                found: JSON.stringify(path),
              },
            ],
      );
      if (problems.length > 0) throw new InvalidInput('beginImport', problems);
      return {
        import: imports.begin({ paths: source.paths, as: null, label, options: given(options) }),
      };
    },
    importAgain: async (of) => {
      if ('import' in of) return { import: await imports.again(of.import, given(of.options)) };
      const { dataset, options } = of;
      const record = readRecord(folder, dataset) ?? unknownDataset(dataset, names());
      const { again, path } = record.source;
      const gone = again === null ? path : again.paths.find((each) => !existsSync(each));
      if (again === null || gone !== undefined)
        throw new GalapagosError(
          'source-gone',
          `the source of ${dataset} is not available any more: ${gone ?? path}`,
          {
            name: dataset,
            file: gone ?? path,
          },
        );
      const label = basename(path);
      return {
        import: imports.begin({
          paths: again.paths,
          as: null,
          label,
          options: againWith(record, again.options, given(options)),
        }),
      };
    },
    cancelImport: end,
    discardImport: end,
    storeImport: async ({ import: id, name, replace }) => {
      const dataset = await imports.store(id, name, replace);
      deps.datasetsChanged();
      return { dataset };
    },
  };
}

/** Returns the options that are set. */
function given<T extends object>(options: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}

/**
 * Returns the options of an import that is repeated with changes. Excluded columns stay excluded
 * unless they are predicted now; a text label cannot be a feature, so it is excluded when another
 * column is predicted.
 */
function againWith(
  { columns, targets, classNames, label }: StoredDataset,
  before: ImportOptions,
  change: Partial<ImportOptions>,
): ImportOptions {
  const options = { ...before, ...change };
  if (columns === null) return options;
  const inWords = targets === 0 && classNames.some((name) => !Number.isFinite(Number(name)));
  const dropped = [
    ...before.drop,
    ...options.drop,
    ...(inWords && label?.chosen ? [label.chosen] : []),
  ];
  const predicted = [options.label, ...options.targets];
  return { ...options, drop: [...new Set(dropped)].filter((name) => !predicted.includes(name)) };
}

type Listed = ReturnType<typeof datasetOutput>;

function listed(
  folder: string,
  name: string,
): { name: string; problem: string | null; dataset: Listed } {
  try {
    return { name, problem: null, dataset: datasetOutput(folder, name) };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error), dataset: null };
  }
}
