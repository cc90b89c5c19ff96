/** Label of each command that a key triggers, whether or not the command is available now. */
import { text } from '../text.ts';
import type { CommandName } from './keys.ts';

const { commands, tabs } = text;

export const commandLabels: Readonly<Record<CommandName, string>> = {
  'tab-1': tabs.evolution,
  'tab-2': tabs.space,
  'tab-3': tabs.curves,
  'tab-4': tabs.trials,
  'tab-5': tabs.lab,
  next: commands.next,
  previous: commands.previous,
  'lineage-next': commands.lineageNext,
  'lineage-previous': commands.lineagePrevious,
  parents: commands.parents,
  children: commands.children,
  best: commands.best,
  fit: commands.fit,
  table: commands.table,
  'pause-resume': commands.space,
  'new-study': commands.newStudy,
  'open-data': commands.openData,
  'open-lab': commands.openLab,
  'export-best': text.exports.best,
  commands: commands.commands,
  settings: commands.settings,
  keys: commands.keys,
  out: commands.escape,
  stop: commands.stop,
  add: commands.add({ trials: 32 }),
  strip: commands.strip,
  datasets: commands.datasets,
  machines: commands.machines,
  rename: commands.rename,
  duplicate: commands.duplicate,
  delete: commands.delete,
};
