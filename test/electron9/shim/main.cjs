/**
 * What today's Node and Electron have and Electron 9.4.1 (Node 12) has not, as far as the main process of Galapagos uses it. What is supplied here is not
 * proven by the tests that run on it: the scheme's handler, X25519, `senderFrame`, refusing windows.
 */
require('core-js/actual');
require('event-target-shim');
const Module = require('module');
const path = require('path');
const { promisify } = require('util');
const fs = require('fs');
const os = require('os');
const crypto = require('crypto');
const { PassThrough, pipeline, finished } = require('stream');
const childProcess = require('child_process');
const electron = require('electron');
const { EventTarget: ShimTarget, Event: ShimEvent } = require('event-target-shim');

const supply = (target, values) => {
  for (const [name, value] of Object.entries(values))
    if (target[name] === undefined)
      Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

// Globals.
class AbortSignal extends ShimTarget {
  constructor() {
    super();
    this.aborted = false;
    this.reason = undefined;
  }
  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }
  static timeout(ms) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('timed out')), ms).unref();
    return controller.signal;
  }
  static any(signals) {
    const controller = new AbortController();
    for (const signal of signals)
      signal.aborted
        ? controller.abort(signal.reason)
        : signal.addEventListener('abort', () => controller.abort(signal.reason));
    return controller.signal;
  }
}
class AbortController {
  constructor() {
    this.signal = new AbortSignal();
  }
  abort(reason = Object.assign(new Error('aborted'), { name: 'AbortError' })) {
    if (this.signal.aborted) return;
    Object.assign(this.signal, { aborted: true, reason });
    this.signal.dispatchEvent(new ShimEvent('abort'));
  }
}
class Response {
  constructor(body, { status = 200, headers = {} } = {}) {
    Object.assign(this, { body, status, headers });
  }
}
supply(globalThis, {
  AbortController,
  AbortSignal,
  EventTarget: ShimTarget,
  Event: ShimEvent,
  Response,
  performance: require('perf_hooks').performance,
});
supply(globalThis, {
  crypto: { randomUUID, getRandomValues: (array) => crypto.randomFillSync(array) },
});

// Node.
function randomUUID() {
  const hex = crypto.randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
const removed = (name, { recursive = false, force = false } = {}) => {
  if (force && !fs.existsSync(name)) return;
  fs.lstatSync(name).isDirectory() ? fs.rmdirSync(name, { recursive }) : fs.unlinkSync(name);
};
supply(crypto, { randomUUID });
if (crypto.diffieHellman === undefined) Object.assign(crypto, require('./x25519.cjs')(crypto));
supply(os, { availableParallelism: () => os.cpus().length });
supply(process, { constrainedMemory: () => 0 });
supply(fs, { rmSync: removed });
for (const name of ['statSync', 'lstatSync']) {
  const stat = fs[name];
  fs[name] = (path, options = {}) => {
    try {
      return stat(path, options);
    } catch (error) {
      if (options.throwIfNoEntry === false && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
}
supply(fs.promises, { rm: async (name, options) => removed(name, options) });
const { spawn } = childProcess;
childProcess.spawn = (file, args, options = {}) => {
  const child = spawn(file, args, { ...options, signal: undefined });
  if (options.signal)
    options.signal.addEventListener('abort', () => child.kill(options.killSignal));
  return child;
};

// Electron.
/** By window and frame: two processes number their frames alike. */
const frames = new Map();
const patched = {};
{
  const { app, BrowserWindow, ipcMain, protocol, session } = electron;
  app.enableSandbox = () => undefined; // As root every child process would abort.
  app.prependListener('web-contents-created', (_, contents) => {
    contents.on(
      'did-frame-navigate',
      (event, url, code, status, isMainFrame, processId, routingId) =>
        frames.set(`${contents.id}/${routingId}`, { url, parent: isMainFrame ? null : {} }),
    );
    contents.on('will-navigate', (event, url) => Object.assign(event, { url }));
    contents.setWindowOpenHandler = () => {
      contents.on('-will-add-new-contents', (event) => event.preventDefault());
      contents.on('new-window', (event) => event.preventDefault());
    };
  });
  app.once('ready', () =>
    supply(session.defaultSession, { setDevicePermissionHandler: () => undefined }),
  );
  const sent = (listen) => (channel, listener) =>
    listen.call(ipcMain, channel, (event, ...args) =>
      listener(
        Object.assign(event, {
          senderFrame: frames.get(`${event.sender.id}/${event.frameId}`) || null,
        }),
        ...args,
      ),
    );
  ipcMain.handle = sent(ipcMain.handle);
  ipcMain.on = sent(ipcMain.on);
  protocol.handle = (scheme, handle) =>
    protocol.registerStreamProtocol(scheme, async ({ url, method }, answer) => {
      const { status, headers, body } = await handle({ url, method });
      const data = new PassThrough();
      data.end(body === null ? undefined : Buffer.from(body));
      answer({ statusCode: status, headers, data });
    });
  patched.BrowserWindow = class BrowserWindow9 extends BrowserWindow {
    constructor(options) {
      super({
        ...options,
        webPreferences: { ...options.webPreferences, enableRemoteModule: false },
      });
    }
  };
  Object.defineProperty(patched.BrowserWindow, 'name', { value: 'BrowserWindow' });
}
const threads = Object.create(require('worker_threads'), {
  Worker: { value: require('./threads.cjs').Worker },
});
const facade = Object.create(
  electron,
  Object.fromEntries(
    Object.entries(patched).map(([name, value]) => [name, { value, enumerable: true }]),
  ),
);

// Modules.
const supplied = {
  electron: () => facade,
  libsql: () => require('./libsql.cjs'),
  worker_threads: () => threads,
  'fs/promises': () => fs.promises,
  'stream/promises': () => ({ pipeline: promisify(pipeline), finished: promisify(finished) }),
  'timers/promises': () => ({
    setTimeout: promisify(setTimeout),
    setImmediate: promisify(setImmediate),
  }),
  'util/types': () => require('util').types,
  'path/posix': () => path.posix,
  'path/win32': () => path.win32,
};
const { _load } = Module;
Module._load = (request, ...rest) => {
  const name = request.replace(/^node:/, '');
  const known = Object.prototype.hasOwnProperty.call(supplied, name) ? supplied[name] : undefined;
  return known ? known() : _load(name, ...rest);
};
