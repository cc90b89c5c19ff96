import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { built, start, type Ended } from '../../support/built-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { whereGpu } from './software-gpu.ts';

const STUDY = {
  format: 'galapagos-study/1',
  name: 'toy',
  objective: {
    kind: 'train',
    dataset: 'toy',
    network: 'mlp',
    settings: {
      batch: 16,
      epochs: 2,
      optimizer: { type: 'sgd', learningRate: { $param: 'lr' } },
      validation: 0.2,
    },
    metric: 'accuracy',
    selectOn: 'validation',
    executor: 'webgpu',
  },
  direction: 'maximize',
  searchSpace: { lr: { type: 'float', low: 0.001, high: 0.1, log: true } },
  sampler: { name: 'random' },
  stop: { trials: 2 },
  seed: 1,
};

whereGpu('GPU: a study from the command line', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());

  const galapagos = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    start(args, folder.path, undefined, { GALAPAGOS_HOME: folder.file('home'), ...env }).ended;

  beforeAll(async () => {
    await built();
    const rows = Array.from({ length: 100 }, (_, i) => {
      const x = (i * 7) % 13;
      return `${String(x)},${String(13 - x)},${x > 6 ? 'high' : 'low'}`;
    });
    writeFileSync(folder.file('toy.csv'), ['a,b,label', ...rows, ''].join('\n'));
    writeFileSync(folder.file('toy.json'), JSON.stringify(STUDY));
    const { code, stderr } = await galapagos(['datasets', 'import', 'toy.csv', '--name', 'toy']);
    expect(code, stderr).toBe(0);
  });

  it('trains on the card that it names, and records adapter and driver', async () => {
    const { code, stdout } = await galapagos([
      'run',
      './toy.json',
      '--lab',
      'a.db',
      '--workers',
      '1',
    ]);
    expect(stdout).toMatch(/Trained with webgpu:swiftshader[^:]*:SwiftShader driver [\d.]+:B/);
    expect(stdout).toContain('2 of 2 trials');
    expect(code).toBe(0);
  });

  it('is refused where only software adapters are left, and trains on the CPU on request', async () => {
    const args = ['run', './toy.json', '--lab', 'b.db', '--workers', '1'];
    const environment = { GALAPAGOS_WEBGPU_FALLBACK: '0' };
    const refused = await galapagos(args, environment);
    expect(refused.stderr).toContain(
      'the study selects the executor webgpu, which runs on GPUs, and none works here',
    );
    expect(refused.code).toBe(2);
    expect(existsSync(folder.file('b.db'))).toBe(false);
    const onCpu = await galapagos([...args, '--executor', 'auto'], environment);
    expect(onCpu.stdout).toMatch(/Trained with (wasm|tensorflow)/);
    expect(onCpu.code).toBe(0);
  });
});
