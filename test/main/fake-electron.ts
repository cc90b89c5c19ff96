/**
 * Fake of the part of Electron that the main process uses; it records the calls. The real Electron
 * is tested in test/electron9.
 */
import { EventEmitter } from 'node:events';

type Handler = (...args: never[]) => unknown;

export class FakeContents extends EventEmitter {
  url = 'app://galapagos/index.html';
  openHandler: ((details: { url: string }) => { action: string }) | null = null;
  readonly sent: unknown[][] = [];
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  getURL(): string {
    return this.url;
  }
  isDestroyed(): boolean {
    return false;
  }
  send(...args: unknown[]): void {
    this.sent.push(args);
  }
}

export class FakeWindow extends EventEmitter {
  static made: FakeWindow[] = [];
  readonly webContents = new FakeContents();
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> };
  readonly loaded: string[] = [];
  progress: number | null = null;
  constructor(options: FakeWindow['options']) {
    super();
    this.options = options;
    FakeWindow.made.push(this);
  }
  loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    return Promise.resolve();
  }
  isDestroyed(): boolean {
    return false;
  }
  setProgressBar(value: number): void {
    this.progress = value;
  }
  maximize(): void {
    this.emit('maximize');
  }
}

/** Recorded settings, by name. */
export const recorded = {
  schemes: [] as { scheme: string; privileges: Record<string, boolean> }[],
  schemeHandlers: new Map<
    string,
    (request: { url: string; method: string }) => Promise<Response>
  >(),
  ipc: new Map<string, Handler>(),
  permissionRequest: null as
    ((contents: unknown, permission: string, answer: (granted: boolean) => void) => void) | null,
  permissionCheck: null as
    ((contents: unknown, permission: string, origin: string) => boolean) | null,
  devicePermission: null as (() => boolean) | null,
  exited: [] as number[],
  blockers: new Set<number>(),
};

export const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  quit: () => undefined,
  exit: (code = 0) => recorded.exited.push(code),
  requestSingleInstanceLock: () => true,
});

export const powerMonitor = Object.assign(new EventEmitter(), { getSystemIdleTime: () => 42 });

export const electron = {
  app,
  powerMonitor,
  BrowserWindow: FakeWindow,
  nativeTheme: { shouldUseDarkColors: false },
  screen: {
    getPrimaryDisplay: () => ({ workArea: { x: 0, y: 0, width: 1280, height: 800 } }),
  },
  protocol: {
    registerSchemesAsPrivileged: (schemes: typeof recorded.schemes) => (recorded.schemes = schemes),
    handle: (
      scheme: string,
      handler: (request: { url: string; method: string }) => Promise<Response>,
    ) => recorded.schemeHandlers.set(scheme, handler),
  },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (handler: typeof recorded.permissionRequest) =>
        (recorded.permissionRequest = handler),
      setPermissionCheckHandler: (handler: typeof recorded.permissionCheck) =>
        (recorded.permissionCheck = handler),
      setDevicePermissionHandler: (handler: typeof recorded.devicePermission) =>
        (recorded.devicePermission = handler),
    },
  },
  ipcMain: {
    handle: (channel: string, handler: Handler) => recorded.ipc.set(channel, handler),
    on: (channel: string, handler: Handler) => recorded.ipc.set(channel, handler),
  },
  powerSaveBlocker: {
    start: () => {
      recorded.blockers.add(recorded.blockers.size + 1);
      return recorded.blockers.size;
    },
    stop: (id: number) => recorded.blockers.delete(id),
  },
};
