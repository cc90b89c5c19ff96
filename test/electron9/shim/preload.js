/**
 * For the preload script, in place of `electron`: `webUtils`, and a bridge that files survive.
 * Electron 9 turns a File into `{}` on its way.
 */
const electron = require('electron');

module.exports = Object.create(electron, {
  webUtils: { value: { getPathForFile: (file) => file.path || '' } },
  contextBridge: {
    value: {
      exposeInMainWorld: (name, api) =>
        electron.contextBridge.exposeInMainWorld(`legacy_${name}`, api),
    },
  },
});
