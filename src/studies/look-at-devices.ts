/**
 * Looks at this machine for `node/devices`: its WebGPU adapters, the executors on the processor,
 * the TensorFlow installation, and the system's access to each card.
 */
import { cardAccess, hasSelectLayer } from '../node/devices/card-access.ts';
import type { MachineFacts } from '../node/devices/assess.ts';
import type { TensorflowState } from '../node/devices/obstacles.ts';
import { namespaceObstacle } from '../node/devices/pin-ways.ts';
import { listPartitions, parsePartitions } from '../node/devices/partitions.ts';
import type { DeviceExecutor } from '../protocol/device-list.ts';
import type { NodeInventory } from '../protocol/window/telemetry.ts';
import { listAdapters } from '../runtime/gpu/adapters.ts';
import { ReferenceExecutor } from '../training/executors/reference/reference.ts';
import { tryInstallation } from '../training/executors/tensorflow/try-installation.ts';
import { WasmExecutor } from '../training/executors/wasm/wasm.ts';
import type { Executor } from '../training/executors/executor.ts';

export interface LookOptions {
  /** Folder of the TensorFlow installation. */
  readonly tensorflow: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A plain Node for child processes. */
  readonly execPath?: string | undefined;
}

/** Returns the function that `watchDevices` looks at the machine with. */
export function lookAtDevices({
  tensorflow: folder,
  env,
  execPath,
}: LookOptions): (cards: NodeInventory['devices']) => Promise<MachineFacts> {
  const node = execPath === undefined ? {} : { execPath };
  return async (cards) => {
    const addresses = cards.flatMap(({ address }) => (address === null ? [] : [address]));
    const nvidia = cards.some(({ vendor }) => vendor === 'NVIDIA');
    const several = cards.length > 1 && process.platform === 'linux';
    const [adapters, access, partitions, selectLayer, namespaces, wasm, reference, tensorflow] =
      await Promise.all([
        listAdapters(node),
        Promise.all(addresses.map(async (each) => [each, await cardAccess(each)] as const)),
        nvidia ? listPartitions() : '',
        hasSelectLayer(),
        several ? namespaceObstacle() : 'there is one card only',
        onProcessor(new WasmExecutor()),
        onProcessor(new ReferenceExecutor()),
        tryInstallation({ folder, ...node }),
      ]);
    return {
      adapters,
      access: new Map(
        access.flatMap(([address, found]) => (found === null ? [] : [[address, found]])),
      ),
      visibleDevices: env['CUDA_VISIBLE_DEVICES'],
      partitions: parsePartitions(partitions),
      ways: { selectLayer, namespaces },
      processor: [wasm, tensorflowOnProcessor(tensorflow), reference],
      tensorflow,
    };
  };
}

async function onProcessor(executor: Executor): Promise<DeviceExecutor> {
  const { name } = executor;
  const found = await executor.probe();
  return found.usable
    ? { name, usable: true, label: found.label }
    : { name, usable: false, reason: found.reason, remedy: found.remedy };
}

function tensorflowOnProcessor(found: TensorflowState): DeviceExecutor {
  const name = 'tensorflow';
  const install = 'galapagos backend install tensorflow';
  if (found.state === 'works')
    return { name, usable: true, label: `tensorflow:${found.version}:cpu` };
  return found.state === 'absent'
    ? { name, usable: false, reason: 'not installed', remedy: install }
    : { name, usable: false, reason: found.reason, remedy: `${install} installs it again` };
}
