/**
 * Lowers the built app to what Electron 9.4.1 can run (Chromium 83, Node 12), into a folder of its
 * own: `node test/electron9/build-legacy.mjs OUT`. For a smoke test on a host that is to be had
 * where today's binary is not. The product knows nothing of it; workers and threads run as they
 * were built.
 */
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { build, transform as transformScript } from 'esbuild';
import { transform } from 'lightningcss';
import MagicString from 'magic-string';
import postcss from 'postcss';
import selectors from 'postcss-selector-parser';

const TARGET = 'chrome83';
const CHROME_83 = { chrome: 83 << 16 };

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const built = join(root, 'out');
/** The app's folder is one below: its `resources/` is looked for beside it, as in a clone. */
const app = resolve(process.argv[2] ?? '.', 'app');

rmSync(app, { recursive: true, force: true });
mkdirSync(app, { recursive: true });
rmSync(join(app, '..', 'resources'), { force: true });
symlinkSync(join(root, 'resources'), join(app, '..', 'resources'));

const common = { bundle: true, target: TARGET, logLevel: 'error', absWorkingDir: root };
const node = {
  ...common,
  platform: 'node',
  external: ['electron', 'zeromq', 'libsql', 'original-fs', 'webgpu'],
};

// Main process: one file. Its threads, worker and command line beside it, untouched: they run on
// the host's Node.
cpSync(join(built, 'main'), join(app, 'main'), { recursive: true });
writeFileSync(join(app, 'main', 'index.cjs'), await commonJs(join(built, 'main', 'index.js')));
const shim = {
  entryPoints: [join(here, 'shim/main.cjs')],
  outfile: join(app, 'shim.cjs'),
  external: [...node.external, './libsql.cjs', './threads.cjs', './x25519.cjs'],
};
await build({ ...node, ...shim, format: 'cjs' });
for (const name of [
  'libsql.cjs',
  'libsql-host.cjs',
  'threads.cjs',
  'thread-host.mjs',
  'wire.cjs',
  'x25519.cjs',
])
  cpSync(join(here, 'shim', name), join(app, name));
writeFileSync(join(app, 'boot.cjs'), "require('./shim.cjs');\nrequire('./main/index.cjs');\n");
writeFileSync(
  join(app, 'package.json'),
  JSON.stringify({ name: 'galapagos', version: '0.1.0', type: 'module', main: 'boot.cjs' }),
);

// A sandboxed preload script can require nothing of ours: shim and script in one file.
await build({
  ...common,
  entryPoints: [join(built, 'preload/index.cjs')],
  outfile: join(app, 'preload/index.cjs'),
  format: 'cjs',
  platform: 'browser',
  plugins: [
    {
      name: 'electron of the shim',
      setup({ onResolve }) {
        const shim = join(here, 'shim/preload.js');
        onResolve({ filter: /^electron$/ }, ({ importer }) =>
          importer === shim ? { path: 'electron', external: true } : { path: shim },
        );
      },
    },
  ],
});

// The window, file by file: chunks and dynamic imports stay what they were.
const scripts = filesBelow(join(built, 'renderer')).filter((name) => name.endsWith('.js'));
await build({
  ...common,
  bundle: false,
  entryPoints: scripts.map((name) => join(built, 'renderer', name)),
  outdir: join(app, 'renderer'),
  outbase: join(built, 'renderer'),
  format: 'esm',
});
await build({
  ...common,
  entryPoints: [join(here, 'shim/page.js')],
  outfile: join(app, 'renderer/legacy-page.js'),
  format: 'iife',
  platform: 'browser',
});
for (const name of filesBelow(join(built, 'renderer')).filter((file) => !file.endsWith('.js'))) {
  const from = join(built, 'renderer', name);
  const to = join(app, 'renderer', name);
  mkdirSync(dirname(to), { recursive: true });
  if (name.endsWith('.css')) writeFileSync(to, lowerCss(readFileSync(from)));
  else if (name.endsWith('.html'))
    writeFileSync(
      to,
      readFileSync(from, 'utf8').replace(
        '<script ',
        '<script src="./legacy-page.js"></script>\n<script ',
      ),
    );
  else cpSync(from, to);
}

/**
 * An entry that may await at its top, as a script: imports become `require`, the body an async
 * function that runs at once.
 */
async function commonJs(entry) {
  const bundled = await build({
    ...node,
    entryPoints: [entry],
    format: 'esm',
    target: 'esnext',
    write: false,
  });
  const [{ text }] = bundled.outputFiles;
  const code = new MagicString(text);
  for (const { type, start, end, source, specifiers } of parse(text, {
    ecmaVersion: 'latest',
    sourceType: 'module',
  }).body) {
    if (type.startsWith('Export')) code.remove(start, end);
    if (type !== 'ImportDeclaration') continue;
    const module = `require(${JSON.stringify(source.value)})`;
    const names = specifiers.map(({ type: kind, local, imported }) =>
      kind === 'ImportSpecifier'
        ? `{ ${imported.name}: ${local.name} } = ${module}`
        : `${local.name} = ${module}`,
    );
    code.overwrite(start, end, names.length === 0 ? `${module};` : `const ${names.join(', ')};`);
  }
  const define = { 'import.meta.url': '__url', 'import.meta.dirname': '__dirname' };
  code
    .prepend('const __url = require("url").pathToFileURL(__filename).href;\n(async () => {\n')
    .append('\n})();\n');
  return (
    await transformScript(code.toString(), {
      target: TARGET,
      format: 'cjs',
      platform: 'node',
      define,
    })
  ).code;
}

function filesBelow(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(folder, join(below, entry.name)) : [join(below, entry.name)],
  );
}

/**
 * What Chromium 83 would drop whole sheets or rules for: layers, `:where()`, `:is()`, `:has()`,
 * containers.
 */
function lowerCss(code) {
  const lowered = transform({ filename: 'window.css', code, targets: CHROME_83 }).code.toString();
  const sheet = postcss.parse(lowered);
  sheet.walkAtRules((rule) => {
    if (rule.name === 'layer' && rule.nodes !== undefined) rule.replaceWith(rule.nodes);
    else if (rule.name === 'layer' || rule.name === 'container') rule.remove();
  });
  sheet.walkRules((rule) => {
    if (rule.selector.includes(':has(')) rule.remove();
    else if (/:where\(|:is\(|:focus-visible/.test(rule.selector))
      rule.selector = flatten(rule.selector);
  });
  return sheet.toString();
}

function flatten(selector) {
  return selectors((tree) =>
    tree.walkPseudos((pseudo) => {
      if (pseudo.value === ':focus-visible') pseudo.value = ':focus';
      if (pseudo.value !== ':where' && pseudo.value !== ':is') return;
      if (pseudo.nodes.length === 1) pseudo.replaceWith(...pseudo.nodes[0].nodes);
      else pseudo.value = ':-webkit-any';
    }),
  ).processSync(selector);
}
