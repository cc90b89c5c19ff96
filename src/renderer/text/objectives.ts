/** Text of the objectives and bounds in the form that sets up a study. */
export const objectives = {
  title: 'Objectives',
  single: ({ metric, direction }: { metric: string; direction: string }) =>
    `${direction === 'maximize' ? 'Maximize' : 'Minimize'} ${metric}.`,
  several:
    'The result is the Pareto front: trials that satisfy every bound and that no other such trial dominates.',
  directions: { maximize: 'maximize', minimize: 'minimize' } as Readonly<Record<string, string>>,
  metricOf: ({ place }: { place: number }) => `Metric of objective ${place}`,
  directionOf: ({ place }: { place: number }) => `Direction of objective ${place}`,
  remove: ({ metric }: { metric: string }) => `Remove the objective ${metric}`,
  add: 'Add objective',
  boundMetric: ({ place }: { place: number }) => `Metric of bound ${place}`,
  least: 'at least',
  most: 'at most',
  side: ({ metric, side }: { metric: string; side: string }) => `${metric} ${side}`,
  removeBound: ({ metric }: { metric: string }) => `Remove the bound of ${metric}`,
  addBound: 'Add bound',
};
