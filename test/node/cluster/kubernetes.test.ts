/** The Kubernetes Job of docs/clusters.md. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kubernetesJob } from '../../../test/support/kubernetes-job.ts';
import { yaml } from '../../../test/support/yaml.ts';

describe('Clusters: Kubernetes', () => {
  it('documents the manifest that is checked against the types of the API', () => {
    const page = readFileSync(new URL('../../../docs/clusters.md', import.meta.url), 'utf8');
    expect(page).toContain(`\`\`\`yaml\n${yaml(kubernetesJob)}\`\`\``);
  });

  it('gives a node more time to end than it takes to drain', () => {
    const pod = kubernetesJob.spec?.template.spec;
    const args = pod?.containers[0]?.args ?? [];
    const drain = Number.parseInt(args[args.indexOf('--drain-grace') + 1] ?? '', 10);
    expect(drain).toBeGreaterThan(0);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(drain);
  });
});
