/**
 * The bridge between window and main process, and all that the window gets from Electron. It
 * carries names and values and knows no endpoint: the main process answers by the table, and
 * refuses what is not in it.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Answer, Bridge, StreamAnswer } from '../protocol/endpoint.ts';
import { channels } from '../protocol/window/channels.ts';

let streams = 0;

const bridge: Bridge<File> = {
  host: 'electron',
  call: (name, input) => ipcRenderer.invoke(channels.call, name, input) as Promise<Answer>,
  stream(onAnswer, onState) {
    const stream = streams++;
    const hear = (_: unknown, of: number, answer: StreamAnswer): void => {
      if (of === stream) onAnswer(answer);
    };
    ipcRenderer.on(channels.answer, hear);
    // Not before the caller has what this returns.
    queueMicrotask(() => onState('open'));
    return {
      send: (request) => ipcRenderer.send(channels.stream, stream, request),
      close() {
        ipcRenderer.off(channels.answer, hear);
        ipcRenderer.send(channels.stream, stream, null);
      },
    };
  },
  pathOf(file) {
    // Empty: a file that a script made.
    const path = webUtils.getPathForFile(file);
    return path === '' ? null : path;
  },
  // The host reads the same disk.
  upload: null,
  // The window is the host's own.
  admit: null,
};

contextBridge.exposeInMainWorld('galapagos', bridge);
