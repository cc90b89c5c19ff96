/** What node:crypto of Node 12 lacks for the keys of machines, asked of the host's Node beside it: X25519 and HKDF. Keys are their DER bytes. */
const { execFileSync } = require('child_process');

const SCRIPT = `
const crypto = require('crypto');
const { call, values } = JSON.parse(process.argv[1]);
const [a, b] = values.map((value) => Buffer.from(value, 'base64'));
const secret = (key) => crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
const open = (key) => crypto.createPublicKey({ key, format: 'der', type: 'spki' });
const spki = (key) => key.export({ format: 'der', type: 'spki' });
const calls = {
  pair: () => {
    const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519');
    return [privateKey.export({ format: 'der', type: 'pkcs8' }), spki(publicKey)];
  },
  publicOf: () => [spki(crypto.createPublicKey(secret(a)))],
  shared: () => [crypto.diffieHellman({ privateKey: secret(a), publicKey: open(b) })],
};
process.stdout.write(JSON.stringify(calls[call]().map((value) => value.toString('base64'))));
`;

function ask(call, ...values) {
  const request = JSON.stringify({
    call,
    values: values.map((value) => Buffer.from(value).toString('base64')),
  });
  const { GALAPAGOS_ELECTRON9_NODE: node, ...env } = process.env;
  const answer = execFileSync(node, ['-e', SCRIPT, request], { env, encoding: 'utf8' });
  return JSON.parse(answer).map((value) => Buffer.from(value, 'base64'));
}

const keyOf = (der) => ({ der, export: () => der });

module.exports = ({ createHmac, generateKeyPairSync }) => ({
  generateKeyPairSync(type, ...rest) {
    if (type !== 'x25519') return generateKeyPairSync(type, ...rest);
    const [secret, open] = ask('pair');
    return { privateKey: keyOf(secret), publicKey: keyOf(open) };
  },
  createPrivateKey: ({ key }) => keyOf(key),
  createPublicKey: (key) => (key.der ? keyOf(ask('publicOf', key.der)[0]) : keyOf(key.key)),
  diffieHellman: ({ privateKey, publicKey }) => ask('shared', privateKey.der, publicKey.der)[0],
  /** RFC 5869, for at most one block. */
  hkdfSync(digest, secret, salt, info, length) {
    const mac = (key, ...parts) =>
      parts.reduce((hash, part) => hash.update(part), createHmac(digest, key)).digest();
    return mac(mac(salt, secret), info, Buffer.from([1])).slice(0, length);
  },
});
