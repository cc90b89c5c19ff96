/** Writer of small .zip files and wheels, for tests of the installation. */
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';

export function zip(files: readonly (readonly [string, string])[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  files.forEach(([name, text], i) => {
    const content = Buffer.from(text);
    const deflated = i % 2 === 0;
    const packed = deflated ? deflateRawSync(content) : content;
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(checksumOf(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, path, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), common, rest, path]),
    );
    bodies.push(local);
    offset += local.length;
  });
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, entries, Buffer.from('PK\u0005\u0006'), end]);
}

/** Node before 22.2 has no crc32; the readers under test do not check it. */
function checksumOf(content: Buffer): number {
  return typeof crc32 === 'function' ? crc32(content) : 0;
}

export interface WheelOptions {
  readonly name?: string;
  readonly version?: string;
  /** Files that replace the valid ones. */
  readonly files?: readonly (readonly [string, string])[];
  readonly requirements?: readonly string[];
  /** Paths whose RECORD line has another hash. */
  readonly damaged?: readonly string[];
}

export const WHEEL_NAME =
  'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';

const FILES: readonly (readonly [string, string])[] = [
  ['tensorflow/libtensorflow_cc.so.2', 'the library'],
  ['tensorflow/libtensorflow_framework.so.2', 'the framework'],
  ['tensorflow/include/tensorflow/c/c_api.h', '// a header'],
  ['tensorflow/include/google/protobuf/any.h', '// a header that nobody needs'],
  ['tensorflow/python/code.py', 'pass'],
];

export function wheel({
  name = 'tensorflow_cpu',
  version = '2.20.0',
  files = FILES,
  requirements = [],
  damaged = [],
}: WheelOptions = {}): Buffer {
  const information = `${name}-${version}.dist-info`;
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...requirements.map((r) => `Requires-Dist: ${r}`),
    '',
  ].join('\n');
  const record = files.map(([path, text]) => {
    const sha256 = createHash('sha256')
      .update(damaged.includes(path) ? `${text}!` : text)
      .digest('base64url');
    return `${path},sha256=${sha256},${String(text.length)}`;
  });
  return zip([
    ...files,
    [`${information}/METADATA`, metadata],
    [`${information}/RECORD`, [...record, `${information}/RECORD,,`, ''].join('\n')],
  ]);
}
