/**
 * A child process that computes on a graphics card until it is stopped, so that the card's load
 * shows which card it uses.
 */
import { spawn } from 'node:child_process';
import { killGroup } from '../process-group.ts';
import { Tail } from '../tail.ts';
import { dawnUrl, gpuObstacle } from './dawn.ts';

export interface BurstOptions {
  /** Name of the adapter. */
  readonly adapter: string;
  /** Additional environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Program and arguments before Node; empty: none. */
  readonly command: readonly string[];
  /** A plain Node; default: the one that runs this process. */
  readonly execPath?: string | undefined;
  /** Path of the WebGPU library's module; default: the package `webgpu`. */
  readonly library?: string | undefined;
}

export interface Burst {
  /** Resolves when the card has computed; the reason why it cannot otherwise. */
  readonly computing: Promise<string | null>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

export function startBurst(options: BurstOptions): Burst {
  const { adapter, environment, command, execPath = process.execPath } = options;
  const library = dawnUrl(options.library);
  if (library === null)
    return {
      computing: Promise.resolve('the package webgpu is not installed'),
      stop: () => Promise.resolve(),
    };
  const [program = execPath, ...args] = [
    ...command,
    ...[execPath, '--input-type=module', '-e', script(library, adapter)],
  ];
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    // It ends with this process, when its input ends.
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const lastWords = new Tail();
  child.stderr.on('data', (chunk: Buffer) => lastWords.add(chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const computing = new Promise<string | null>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('computing')) resolve(null);
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(gpuObstacle(lastWords.text()).reason));
  });
  return {
    computing,
    async stop() {
      killGroup(child.pid, 'SIGKILL');
      await ended;
    },
  };
}

/** Multiplications of one dispatch: 2 milliseconds on a slow card. */
const KERNEL = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var x = f32(id.x);
  for (var i = 0u; i < 512u; i++) { x = fma(x, 0.999, 0.5); }
  if (x < 0.0) { out[0] = x; }
}`;

function script(library: string, adapter: string): string {
  return `
    process.stdin.on('end', () => process.exit()).resume();
    const { create } = await import(${JSON.stringify(library)});
    const gpu = create([${JSON.stringify(`adapter=${adapter}`)}]);
    const device = await (await gpu.requestAdapter()).requestDevice();
    const module = device.createShaderModule({ code: ${JSON.stringify(KERNEL)} });
    const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
    const buffer = device.createBuffer({ size: 256, usage: 128 /* STORAGE */ });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    });
    for (;;) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < 8; i += 1) pass.dispatchWorkgroups(65535);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      process.stdout.write('computing\\n');
    }`;
}
