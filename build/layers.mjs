/**
 * Who may import whom, in one table: read by the lint configuration and by the test that walks the
 * real imports. A layer may import itself and what it lists, nothing else.
 */

const machine = ['core', 'protocol', 'runtime', 'transport', 'storage', 'coordinator', 'node'];
const useCases = [...machine, 'datasets', 'training', 'objectives', 'lab', 'documents'];
const faceless = [...useCases, 'studies'];

/** Layer → the layers it may import. */
export const layers = {
  core: [],
  protocol: ['core'],
  runtime: ['core'],
  transport: ['core', 'protocol', 'runtime'],
  storage: ['core', 'protocol'],
  datasets: ['core', 'runtime'],
  coordinator: ['core', 'protocol', 'runtime', 'transport', 'storage'],
  training: ['core', 'runtime', 'datasets'],
  objectives: ['core', 'protocol', 'runtime', 'datasets', 'training'],
  worker: ['core', 'protocol', 'runtime', 'transport', 'training', 'objectives'],
  node: ['core', 'protocol', 'runtime', 'transport'],
  lab: [...machine, 'datasets', 'objectives'],
  documents: ['core', 'protocol', 'storage', 'datasets'],
  studies: useCases,
  endpoints: faceless,
  server: ['core', 'protocol', 'endpoints'],
  cli: [...faceless, 'worker', 'endpoints', 'server'],
  main: [...faceless, 'endpoints', 'server'],
  preload: ['core', 'protocol'],
  renderer: ['core', 'protocol'],
};

/** Layer → the packages it may import; `node:` stands for every built-in. */
export const packages = {
  core: [],
  protocol: ['zod'],
  runtime: ['node:', 'webgpu'],
  transport: ['node:', 'zeromq'],
  storage: ['node:', 'libsql'],
  datasets: [
    'node:',
    '@jsquash/jpeg',
    'csv-parse',
    'yauzl',
    'hyparquet',
    'hyparquet-compressors',
    'xz-decompress',
    'zod',
  ],
  coordinator: ['node:'],
  training: ['node:', 'zod'],
  objectives: ['node:', 'csv-parse', 'ignore', 'toml-eslint-parser', 'yaml'],
  worker: ['node:', 'zod'],
  node: ['node:', 'bonjour-service', 'systeminformation', 'zod'],
  lab: ['node:'],
  documents: ['node:'],
  studies: ['node:', 'zod'],
  endpoints: ['node:', 'zod'],
  server: ['node:', 'ws', '@msgpack/msgpack', 'zod'],
  cli: ['node:', 'commander', 'picocolors', 'log-update', 'zod'],
  main: ['node:', 'electron', 'zod'],
  preload: ['electron'],
  renderer: ['svelte', 'bits-ui', '@msgpack/msgpack', '@noble/hashes'],
};

/** Folder of the renderer → the folders beside it that it may not import. */
export const rendererTiers = {
  text: [
    'state',
    'time',
    'words',
    'charts',
    'shared',
    'take-in',
    'dataset-parts',
    'inspector',
    'views',
    'frame',
    'report',
  ],
  words: ['state', 'charts', 'take-in', 'dataset-parts', 'inspector', 'views', 'frame', 'report'],
  time: [
    'state',
    'charts',
    'shared',
    'take-in',
    'dataset-parts',
    'inspector',
    'views',
    'frame',
    'report',
  ],
  state: ['shared', 'dataset-parts', 'inspector', 'views', 'frame', 'report'],
  charts: ['dataset-parts', 'inspector', 'views', 'frame', 'report'],
  shared: ['take-in', 'dataset-parts', 'inspector', 'views', 'frame', 'report'],
  'dataset-parts': ['take-in', 'inspector', 'views', 'frame', 'report'],
  inspector: ['dataset-parts', 'views', 'frame'],
  views: ['inspector', 'frame'],
};

/** Layer → the folders of resources whose JSON it may build in. */
export const builtIn = {
  training: ['networks'],
};

/** Where an import that a layer may not make belongs instead. */
export const homes = {
  core: 'core is pure: hand the value in as an argument, or move the code to the layer that does the I/O',
  protocol: 'protocol holds schemas only: behaviour belongs to core or to the layer that uses it',
  runtime:
    'runtime is what every process of ours needs: threads, process groups, folders; what knows studies or data belongs elsewhere',
  transport: 'transport moves parsed messages: what they mean belongs to coordinator or worker',
  storage: 'storage keeps what core decided: decisions belong to core/scheduling',
  coordinator:
    'coordinator sees the interfaces of transport and storage only: composition belongs to cli or main',
  datasets: 'datasets reads and stores samples and labels: what trains on them belongs to training',
  training: 'training knows networks and data, not studies: what needs the wire belongs to worker',
  objectives:
    'objectives says what each kind of objective is: what trains belongs to training, what a study is to studies',
  worker: 'worker runs attempts: what needs the lab file or other workers belongs to coordinator',
  node: 'node supervises one machine: what needs studies belongs to coordinator',
  lab: 'lab starts and opens one lab in one process: decisions belong to core, what studies are made of to studies, faces to cli and main',
  documents:
    'documents are what leaves a lab file: what decides or asks a person belongs to studies or endpoints',
  studies:
    'studies are use cases that window and command line share: how they are asked and shown belongs to endpoints and cli',
  endpoints:
    'endpoints answer the table of src/protocol/endpoints.ts: how answers travel belongs to server or main, words to the renderer',
  server:
    'server carries the endpoint table over HTTP and WebSocket: what an endpoint answers belongs to endpoints',
  cli: 'cli is a composition root: it may import anything but the renderer and electron',
  main: 'main is a composition root: it may import anything but the renderer',
  preload: 'preload bridges endpoints only',
  renderer: 'renderer holds a projection: it imports core (types, pure functions) and protocol',
};
