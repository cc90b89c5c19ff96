/** Tests which configuration file is found for a script, by its options, arguments and source. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { scriptConfig } from '../../../src/studies/script/script-config.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let folder: string;
beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary.remove());
  folder = temporary.path;
  writeFileSync(join(folder, 'config.yaml'), 'lr: 0.1\n');
  writeFileSync(join(folder, 'other.yaml'), 'lr: 0.2\n');
});

const found = (about: {
  readonly source?: string;
  readonly style?: 'flags' | 'hydra';
  readonly args?: readonly string[];
  readonly named?: string;
}) => {
  const { source = '', style = 'flags', args = [], named } = about;
  const help = { style, options: [], positional: [] };
  return scriptConfig({ script: join(folder, 'train.py'), source, folder, args, help, named });
};

describe('Configuration file of a script', () => {
  const source = 'open("config.yaml")';

  it('is not looked for where Hydra passes overrides, but taken where it is named', () => {
    expect(found({ source })?.file).toBe('config.yaml');
    expect(found({ source, style: 'hydra' })).toBeNull();
    expect(found({ style: 'hydra', named: join(folder, 'other.yaml') })?.file).toBe('other.yaml');
  });

  it('is none where the source names several with values to search', () => {
    expect(found({ source: `${source}; open('other.yaml')` })).toBeNull();
    writeFileSync(join(folder, 'other.yaml'), 'title: x\n');
    expect(found({ source: `${source}; open('other.yaml')` })?.file).toBe('config.yaml');
  });

  it('is none where the file does not parse and nobody named it', () => {
    writeFileSync(join(folder, 'config.yaml'), 'lr: [');
    expect(found({ source })).toBeNull();
    expect(found({ args: ['config.yaml'] })).toBeNull();
    expect(() => found({ args: ['--config', 'config.yaml'] })).toThrow(/line 1/);
    expect(() => found({ args: ['--config=config.yaml'] })).toThrow(/line 1/);
    expect(() => found({ named: join(folder, 'config.yaml') })).toThrow(/line 1/);
  });

  it('is no argument without an option and without values to search', () => {
    writeFileSync(join(folder, 'labels.json'), '{"cat": 0}');
    expect(found({ args: ['labels.json'] })).toBeNull();
    expect(found({ args: ['--config', 'labels.json'] })?.file).toBe('labels.json');
  });

  it('is not the value of another option', () => {
    expect(found({ args: ['--data', 'other.yaml'] })).toBeNull();
    expect(found({ args: ['--data=other.yaml'] })).toBeNull();
    expect(found({ args: ['--data', 'x', '--cfg', 'other.yaml', '{}'] })?.args).toEqual([
      ...['--data', 'x', '--cfg', '{config}', '{{}}'],
    ]);
  });
});
