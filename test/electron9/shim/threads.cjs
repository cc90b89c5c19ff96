/** `Worker` of `worker_threads` for Electron 9, whose own threads end the process: each is a process of the host's Node (`thread-host.mjs`). */
const { fork } = require('child_process');
const { EventEmitter } = require('events');
const path = require('path');
const { pathToFileURL } = require('url');
const { decode, encode } = require('./wire.cjs');

const POLL_MS = 50;

exports.Worker = class Worker extends EventEmitter {
  constructor(file, { workerData, resourceLimits } = {}) {
    super();
    const { GALAPAGOS_ELECTRON9_NODE: execPath, ...env } = process.env;
    this.child = fork(path.join(__dirname, 'thread-host.mjs'), [], { execPath, execArgv: [], env });
    this.exited = new Promise((resolve) => this.once('exit', resolve));
    this.code = 1;
    this.child.on('message', ({ message, error, exit }) => {
      if (message !== undefined) this.emit('message', decode(message));
      else if (error) this.emit('error', Object.assign(new Error(error.message), error));
      else this.code = exit;
    });
    this.child.once('error', (error) => this.emit('error', error));
    this.child.once('exit', () => {
      clearInterval(this.watch);
      this.emit('exit', this.code);
    });
    const url = file instanceof URL ? file.href : pathToFileURL(file).href;
    this.child.send({ start: encode({ file: url, workerData, resourceLimits }) });
    // A flag in shared memory doesn't cross: it is looked at here, and told.
    const stop = workerData && workerData.stop;
    if (stop instanceof SharedArrayBuffer)
      this.watch = setInterval(() => {
        if (Atomics.load(new Int32Array(stop), 0) === 0) return;
        clearInterval(this.watch);
        if (this.child.connected) this.child.send({ stopped: true });
      }, POLL_MS);
  }
  postMessage(message) {
    if (this.child.connected) this.child.send({ body: encode(message) });
  }
  terminate() {
    this.child.kill('SIGKILL');
    return this.exited;
  }
  ref() {
    this.child.ref();
  }
  unref() {
    this.child.unref();
    if (this.child.channel) this.child.channel.unref();
  }
};
