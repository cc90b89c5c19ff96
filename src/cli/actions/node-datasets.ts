/** Carries out `galapagos datasets nodes`: reads what the process that shares a lab has written. */
import { AdmittedNodes } from '../../node/keys/admitted.ts';
import { readStatus } from '../../node/keys/status.ts';
import type { NodeDatasetsOutput } from '../../protocol/cli-output-lab.ts';
import { table } from '../display/table.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { lanFolder } from './lan-folder.ts';

export function listNodeDatasets(context: Context, json: boolean): void {
  const folder = lanFolder(context);
  const admitted = new AdmittedNodes(folder).list();
  const status = readStatus(folder);
  const nodes = (status ?? []).map(({ node, datasets }) => ({
    node,
    name: admitted.find(({ id }) => id === node)?.name ?? node,
    datasets: [...datasets],
  }));
  if (json) {
    printJson(context, { shared: status !== null, nodes } satisfies NodeDatasetsOutput);
    return;
  }
  if (status === null) {
    print(context, ['No lab is shared from this machine now.']);
    return;
  }
  const rows = nodes.flatMap(({ name, datasets }) =>
    datasets.map((dataset) => [name, dataset.name, dataset.state, percent(dataset)]),
  );
  if (rows.length === 0) {
    print(context, [
      'No node fetches a dataset, or has fetched one; built-in ones need no transfer.',
    ]);
    return;
  }
  const head = ['node', 'dataset', 'state', 'done'].map((title) => ({
    title,
    align: 'left' as const,
  }));
  print(context, table(head, rows, widthOf(context)));
}

function percent({ bytes, of }: { readonly bytes: number; readonly of: number }): string {
  return of === 0 ? '–' : `${Math.floor((100 * bytes) / of)} %`;
}
