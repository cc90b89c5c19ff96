/**
 * Puts the binding that `galapagos backend install tensorflow` compiled here where Galapagos ships
 * it, for machines without a compiler. Compile it on the oldest Linux that is to be served. node
 * build/ship-tensorflow-binding.mjs FOLDER-OF-THE-INSTALLATION
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('which installation? node build/ship-tensorflow-binding.mjs FOLDER');
const {
  binding,
  tfjs,
  package: name = '@tensorflow/tfjs-node',
} = JSON.parse(readFileSync(join(folder, 'installation.json'), 'utf8'));
if (binding !== 'compiled')
  throw new Error(
    `${folder}: expected a binding that was compiled here, found one that is ${binding}`,
  );
const compiled = join(folder, 'node_modules', name, 'lib', 'napi-v8', 'tfjs_binding.node');
const shipped = join(
  import.meta.dirname,
  '..',
  'resources',
  'tensorflow',
  `tfjs_binding-linux-${process.arch}.node`,
);
mkdirSync(join(shipped, '..'), { recursive: true });
copyFileSync(compiled, shipped);
const sha256 = createHash('sha256').update(readFileSync(shipped)).digest('hex');
console.log(`${shipped}: tfjs-node ${tfjs}, SHA-256 ${sha256}`);
