/** A process of the comparison of samplers: runs the jobs that its parent sends, one at a time. */
import { SearchRunner } from './search-job.ts';
import type { SearchJob } from './search-job.ts';

const runner = new SearchRunner();

process.on('message', (job: SearchJob) => {
  void runner.run(job).then(
    (regrets) => process.send?.({ regrets }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// The peers of the runner end with their standard input.
process.on('disconnect', () => process.exit());
