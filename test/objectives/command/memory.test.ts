/** Tests when a failed program counts as out of memory: by its output, or killed by the system. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/objectives/command/failure/failure-text.ts';
import { memoryKills } from '../../../src/runtime/memory-kills.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const TORCH =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1.19 GiB is free. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.';
/** Messages of exceptions, as libraries print them. */
const MEMORY = [
  TORCH,
  'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total capacity)',
  'RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB',
  'RuntimeError: CUDA error: out of memory',
  'RuntimeError: cuda runtime error (2) : out of memory at /pytorch/aten/src/THC/THCCachingHostAllocator.cpp:278',
  'RuntimeError: CUDA driver error: out of memory',
  'RuntimeError: CUDA error 2: out of memory',
  "torch.distributed.DistBackendError: NCCL error: unhandled cuda error, Cuda failure 2 'out of memory'",
  'RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED',
  'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
  'torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB',
  'RuntimeError: MPS backend out of memory (MPS allocated: 17.50 GB, other allocations: 120.00 MB, max allowed: 18.13 GB)',
  'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 8,000,000,000 bytes',
  'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934592 bytes.',
  'jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Failed to allocate request for 8.00GiB (8589934592B) on device ordinal 0',
  'MemoryError',
  'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.11 PiB for an array with shape (1000000000000000,) and data type float64',
  "RuntimeError: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)",
  'OSError: [Errno 12] Cannot allocate memory',
];
const TENSORFLOW = [
  'tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution error:',
  '',
  "Detected at node 'model/dense/MatMul' defined at (most recent call last):",
  '    File "train.py", line 30, in <module>',
  '      model.fit(x, y)',
  ...Array.from({ length: 30 }, (_, i) => `    File "/usr/lib/keras/engine.py", line ${i}, in run`),
  "Node: 'model/dense/MatMul'",
  'OOM when allocating tensor with shape[65536,65536] and type float on /device:GPU:0 by allocator GPU_0_bfc',
  '\t [[{{node model/dense/MatMul}}]]',
  'Hint: If you want to see a list of allocated tensors when OOM happens, add report_tensor_allocations_upon_oom to RunOptions for current allocation info.',
  ' [Op:__inference_train_function_1234]',
].join('\n');
const OTHER = [
  'ValueError: expected input of 64 channels, found 32',
  "KeyError: 'lr'",
  'RuntimeError: CUDA error: device-side assert triggered',
  'RuntimeError: CUDA error: an illegal memory access was encountered',
  'AssertionError',
  'torch.distributed.DistStoreError: Timed out after 601 seconds waiting for clients. 1/2 clients joined.',
];

const traceback = (exception: string): string =>
  [
    'Traceback (most recent call last):',
    '  File "/home/ada/project/train.py", line 12, in <module>',
    '    except torch.cuda.OutOfMemoryError: raise RuntimeError("CUDA out of memory")',
    '  File "/home/ada/project/train.py", line 40, in step',
    '    loss = net(x)',
    '           ^^^^^^',
    exception,
  ].join('\n');

const memory = fc.constantFrom(...MEMORY, TENSORFLOW);
const other = fc.constantFrom(...OTHER);
/** Output of a program at work. */
const progress = (minLength: number, maxLength: number): fc.Arbitrary<readonly string[]> =>
  fc.array(
    fc.oneof(
      fc.nat(99).map((epoch) => `epoch ${epoch}: loss 0.${epoch}, 1.2 GiB of GPU memory`),
      fc.constantFrom('', '100%|██████████| 10/10 [00:01<00:00]', 'saved checkpoint.pt'),
    ),
    { minLength, maxLength },
  );
/** As a program says that it has caught the error and goes on. */
const caught = fc.oneof(
  memory.map((exception) => `${exception}\nretrying with batch 64`),
  memory.map((exception) => `${traceback(exception)}\nretrying with batch 64`),
  fc.constant('WARNING: CUDA out of memory at batch 128, trying 64'),
);
const LINKS = {
  caused: '\n\nThe above exception was the direct cause of the following exception:\n\n',
  handled: '\n\nDuring handling of the above exception, another exception occurred:\n\n',
};

const own = '/home/ada/project';
const of = (tail: string, end: Partial<Parameters<typeof failureOf>[0]> = {}): string =>
  failureOf({ code: 1, signal: null, memoryKill: false, ...end }, tail, own).as;
const joined = (...parts: readonly (string | readonly string[])[]): string =>
  `${parts.flat().join('\n')}\n`;

describe('Commands: out of memory by the output', () => {
  it('counts an exception of full memory that ended the program', () => {
    const property = fc.property(progress(0, 30), memory, (before, exception) => {
      expect(of(joined(before, traceback(exception)))).toBe('outOfMemory');
    });
    fc.assert(property);
  });

  it('counts it behind errors that the program caught, and before lines of a launcher', () => {
    const launcher = fc.subarray([
      'wandb: View run at https://wandb.ai/ada/mnist',
      'srun: error: node7: task 0: Exited with exit code 1',
      'make: *** [train] Error 1',
    ]);
    const earlier = fc.oneof(caught, other.map(traceback));
    const property = fc.property(earlier, memory, launcher, (first, exception, lines) => {
      expect(of(joined(first, 'epoch 1', traceback(exception), lines))).toBe('outOfMemory');
    });
    fc.assert(property);
  });

  it('does not count an error that the program caught before it crashed for another reason', () => {
    const property = fc.property(caught, progress(0, 30), other, (first, between, exception) => {
      const { as, error } = failureOf(
        { code: 1, signal: null, memoryKill: false },
        joined(first, between, traceback(exception)),
        own,
      );
      expect(as).toBe('crashed');
      expect(error.startsWith(exception)).toBe(true);
    });
    fc.assert(property);
  });

  it('does not count an error that the program caught long before it ended without an exception', () => {
    const many = progress(0, 30).map((lines) => [...lines, ...Array<string>(11).fill('epoch 1')]);
    const ends = fc.constantFrom('the loss is not finite', 'Error: no such checkpoint', '');
    const property = fc.property(caught, many, ends, (first, between, end) => {
      expect(of(joined(first, between, end))).toBe('crashed');
    });
    fc.assert(property);
  });

  it('counts the exceptions that caused the last one', () => {
    const property = fc.property(memory, other, (exception, last) => {
      const chain = `${traceback(exception)}${LINKS.caused}${traceback(last)}`;
      expect(of(joined(chain))).toBe('outOfMemory');
      expect(of(joined(`${traceback(last)}${LINKS.caused}${traceback(exception)}`))).toBe(
        'outOfMemory',
      );
    });
    fc.assert(property);
  });

  it('counts the last exception, and not the one that was being handled when it occurred', () => {
    const property = fc.property(memory, other, (exception, last) => {
      const retried = `${traceback(exception)}${LINKS.handled}${traceback(last)}`;
      expect(of(joined(retried))).toBe('crashed');
      const handling = `${traceback(last)}${LINKS.handled}${traceback(exception)}`;
      expect(of(joined(handling))).toBe('outOfMemory');
    });
    fc.assert(property);
    const named = `${traceback(TORCH)}${LINKS.handled}${traceback('TrainError: out of memory at batch 128')}`;
    expect(of(joined(named))).toBe('outOfMemory');
  });

  it('counts the exception of a process that another one started', () => {
    const elastic = [
      traceback(TORCH),
      'E1201 10:00:00.000000 140 torch/distributed/elastic/multiprocessing/api.py:874] failed (exitcode: 1) local_rank: 0 (pid: 71)',
      'Traceback (most recent call last):',
      '  File "/usr/bin/torchrun", line 8, in <module>',
      '    sys.exit(main())',
      'torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ',
      ...['====', 'train.py FAILED', '----', 'Failures:', '  <NO_OTHER_FAILURES>', '----'],
      'Root Cause (first observed failure):',
      ...['[0]:', '  time      : 2026-12-01', '  host      : desk', '  rank      : 0'],
      ...['  exitcode  : 1 (pid: 71)', '  error_file: <N/A>', '===='],
    ];
    expect(of(joined(elastic))).toBe('outOfMemory');
    const spawned = [
      'Traceback (most recent call last):',
      '  File "train.py", line 3, in <module>',
      '    mp.spawn(main)',
      'torch.multiprocessing.spawn.ProcessRaisedException: ',
      '',
      '-- Process 1 terminated with the following error:',
      traceback(TORCH),
    ];
    expect(of(joined(spawned))).toBe('outOfMemory');
    const replica = [
      traceback('torch.OutOfMemoryError: Caught OutOfMemoryError in replica 0 on device 0.'),
      `Original ${traceback(TORCH)}`,
    ];
    expect(of(joined(replica))).toBe('outOfMemory');
    const group = [
      '  + Exception Group Traceback (most recent call last):',
      '  |   File "train.py", line 8, in <module>',
      '  | ExceptionGroup: many (1 sub-exception)',
      '  +-+---------------- 1 ----------------',
      '    | Traceback (most recent call last):',
      '    |   File "train.py", line 4, in <module>',
      `    | ${TORCH}`,
      '    +------------------------------------',
    ];
    expect(of(joined(group))).toBe('outOfMemory');
  });

  it('counts what JAX prints before the exception that it filters', () => {
    const jax = MEMORY.find((message) => message.startsWith('jaxlib')) ?? '';
    const filtered = [
      traceback(`jax.errors.JaxStackTraceBeforeTransformation: ${jax}`),
      '',
      'The stack trace below excludes JAX-internal frames.',
      'The preceding is the original exception that occurred, unmodified.',
      '',
      '--------------------',
    ];
    expect(of(joined(filtered, LINKS.caused, traceback(jax)))).toBe('outOfMemory');
  });

  it.each([
    "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)",
    "terminate called after throwing an instance of 'c10::OutOfMemoryError'\n  what():  CUDA out of memory. Tried to allocate 2.00 GiB.\nException raised from malloc at ../c10/cuda/CUDACachingAllocator.cpp:1150 (most recent call first):\nframe #0: c10::Error::Error\nframe #1: unknown",
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb090e0 node::Abort() [node]\n 2: 0xa1b70e  [node]',
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat Main.main(Main.java:5)',
    'memory allocation of 8000000000 bytes failed',
    'Error: cannot allocate vector of size 7.5 Gb\nExecution halted',
    'CUDA error: out of memory (main.cu:40)',
  ])('counts the last lines of a program without a traceback: %s', (output) => {
    expect(of(joined('epoch 1', output))).toBe('outOfMemory');
    const later = joined(output, 'epoch 1', 'Error: no such file: data.csv');
    expect(of(later)).toBe('crashed');
  });
});

describe('Commands: killed by the system', () => {
  it.each([
    [{ code: null, signal: 'SIGKILL' }, true, 'outOfMemory', /ended by SIGKILL: the system killed/],
    [{ code: 137 }, true, 'outOfMemory', /^exit status 137: the system killed a process because/],
    [{ code: null, signal: 'SIGKILL' }, false, 'crashed', /and not because memory ran out/],
    [{ code: 137 }, null, 'crashed', /whether memory ran out is not known on this system/],
    [{ signal: 'SIGSEGV', code: null }, true, 'crashed', /^ended by SIGSEGV: epoch 1\n/],
    [{ code: 1 }, true, 'crashed', /^exit status 1: epoch 1\n/],
  ])('is out of memory only if the system says so: %j %s', (end, memoryKill, as, says) => {
    const failure = failureOf({ signal: null, ...end, memoryKill }, 'epoch 1\n', own);
    expect(failure.as).toBe(as);
    expect(failure.error).toMatch(says);
  });

  it('is out of memory if the system killed a process that the program started', () => {
    const loader = traceback(
      'RuntimeError: DataLoader worker (pid 71) is killed by signal: Killed. ',
    );
    const pool = traceback(
      'concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly while the future was running or pending.',
    );
    for (const output of [loader, pool]) {
      expect(of(output, { memoryKill: true })).toBe('outOfMemory');
      expect(of(output, { memoryKill: false })).toBe('crashed');
    }
  });
});

describe('Kills for lack of memory', () => {
  let folder: TemporaryFolder;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  function write(files: Readonly<Record<string, string>>): string {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder.path, file, '..'), { recursive: true });
      writeFileSync(join(folder.path, file), text);
    }
    return folder.path;
  }
  const machine = { 'proc/vmstat': 'nr_free_pages 5\noom_kill 9\n' };

  it('are those of the control group, of version 2', () => {
    const events = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n';
    const root = write({
      ...machine,
      'proc/self/cgroup': '0::/user.slice/job\n',
      'sys/fs/cgroup/user.slice/job/memory.events': events,
    });
    expect(memoryKills('group', root)).toBe(2);
    expect(memoryKills('machine', root)).toBe(9);
    write({ 'sys/fs/cgroup/user.slice/job/memory.events': 'oom_kill 3\n' });
    expect(memoryKills('group', root)).toBe(3);
  });

  it('are those of the control group, of version 1 and in a container', () => {
    const root = write({
      ...machine,
      'proc/self/cgroup': '4:memory:/docker/abc\n0::/\n',
      'sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
    });
    expect(memoryKills('group', root)).toBe(4);
  });

  it('are those of the machine where the control group does not count them', () => {
    expect(memoryKills('group', write({ ...machine, 'proc/self/cgroup': '0::/\n' }))).toBe(9);
  });

  it('are unknown on a system that does not count them', () => {
    expect(memoryKills('group', folder.path)).toBeNull();
  });
});
