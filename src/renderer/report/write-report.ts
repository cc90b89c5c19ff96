/** Collects the data of the report on the current study and saves it. */
import { axesOf } from '../../core/search-space/axis.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import type { ExportedFile } from '../../protocol/window/reading.ts';
import { currentChart } from '../charts/current.ts';
import { dateTime } from '../format.ts';
import { bestTrials } from '../inspector/best-trials.ts';
import { encodedText } from '../words/param-words.ts';
import { energyOf } from '../state/energy.ts';
import type { App } from '../state/app.svelte.ts';
import { curvesSvg } from './curves-svg.ts';
import { reportHtml } from './report.ts';

const BEST = 10;

export async function writeReport({ client, study }: App, head: StudyHead): Promise<ExportedFile> {
  const table = study?.table;
  const numbers = table === undefined ? [] : bestTrials(table, head.direction, BEST);
  const own = head.uid !== null;
  const [machine, confirmations, importance, curves] = await Promise.all([
    client.query('about', {}),
    own ? client.query('confirmations', { study: head.key }) : [],
    own ? client.query('importance', { study: head.key }) : null,
    numbers.length === 0 ? [] : client.query('curves', { study: head.key, trials: [...numbers] }),
  ]);
  const ranked = numbers.flatMap((number) => curves.find(({ trial }) => trial === number) ?? []);
  const axes = head.searched === null ? [] : axesOf(head.searched.searchSpace);
  const { chart } = currentChart;
  const best =
    table === undefined
      ? []
      : numbers.map((number) => ({
          number,
          value: table.value(number),
          params: axes.map(
            (axis) => [axis.name, encodedText(axis, table.param(number, axis.index))] as const,
          ),
        }));
  const charts = chart === null ? [] : [chart.toSvg()];
  const text = reportHtml({
    head,
    best,
    energy: table === undefined ? null : energyOf(table),
    confirmations,
    charts,
    curves: curvesSvg(head, ranked),
    importance,
    machine,
    version: machine.version,
    at: dateTime(Date.now()),
  });
  return { name: `${head.name}.html`, type: 'text/html', content: { text } };
}
