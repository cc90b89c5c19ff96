/** Messages of threads as text: what a structured clone keeps and JSON does not is written by its kind. Node 12 and today's share no other form. */
const kinds = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
];
const named = Object.fromEntries(
  kinds.concat(BigInt64Array, BigUint64Array).map((kind) => [kind.name, kind]),
);
const base64 = (...bytes) => Buffer.from(...bytes).toString('base64');
const buffer = (text) => Uint8Array.from(Buffer.from(text, 'base64')).buffer;

function pack(value) {
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $: 'number', is: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'bigint') return { $: 'bigint', is: String(value) };
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(pack);
  if (ArrayBuffer.isView(value)) {
    const kind = named[value.constructor.name] ? value.constructor.name : 'Uint8Array';
    return { $: kind, is: base64(value.buffer, value.byteOffset, value.byteLength) };
  }
  if (value instanceof ArrayBuffer) return { $: 'buffer', is: base64(value) };
  if (value instanceof SharedArrayBuffer) return { $: 'shared', is: base64(value) };
  if (value instanceof Map) return { $: 'map', is: pack([...value]) };
  if (value instanceof Set) return { $: 'set', is: pack([...value]) };
  if (value instanceof Date) return { $: 'date', is: value.getTime() };
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, pack(of)]));
}

function unpack(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(unpack);
  const { $: kind, is } = value;
  if (kind === undefined)
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, unpack(of)]));
  if (kind === 'undefined') return undefined;
  if (kind === 'number') return Number(is);
  if (kind === 'bigint') return BigInt(is);
  if (kind === 'buffer') return buffer(is);
  if (kind === 'map') return new Map(unpack(is));
  if (kind === 'set') return new Set(unpack(is));
  if (kind === 'date') return new Date(is);
  if (kind !== 'shared') return new named[kind](buffer(is));
  const shared = new SharedArrayBuffer(buffer(is).byteLength);
  new Uint8Array(shared).set(new Uint8Array(buffer(is)));
  return shared;
}

exports.encode = (value) => JSON.stringify(pack(value));
exports.decode = (text) => unpack(JSON.parse(text));
