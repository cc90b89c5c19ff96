/**
 * The bridge between window and main process: everything that the window gets from Electron. It
 * passes names and values without knowing the endpoints; the main process refuses names that are
 * not in the table.
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
    // Notify only after the caller has received the returned object.
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
    // The path is empty for a file that a script created.
    const path = webUtils.getPathForFile(file);
    return path === '' ? null : path;
  },
  // No upload: the host reads the same disk.
  upload: null,
  // No login: the window belongs to the host.
  admit: null,
};

contextBridge.exposeInMainWorld('galapagos', bridge);
