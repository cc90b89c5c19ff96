/**
 * For the page: what Chromium 83 has not, and the bridge under its own name, with files as what
 * crosses.
 */
/* global window, HTMLElement, Element */
import 'core-js/actual/index.js';

const real = window.legacy_galapagos;
if (real !== undefined) {
  const plain = ({ path, name, size, type }) => ({ path, name, size, type });
  const bridge = Object.freeze({ ...real, pathOf: (file) => real.pathOf(plain(file)) });
  Object.defineProperty(window, 'galapagos', { value: bridge, enumerable: true });
}

if (!('inert' in HTMLElement.prototype)) {
  const get = (element) => element.hasAttribute('inert');
  Object.defineProperty(HTMLElement.prototype, 'inert', {
    get() {
      return get(this);
    },
    set(on) {
      this.toggleAttribute('inert', on);
    },
  });
}
Element.prototype.replaceChildren ??= function (...nodes) {
  this.textContent = '';
  this.append(...nodes);
};
crypto.randomUUID ??= () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
window.reportError ??= (error) => console.error(error);
