/**
 * What goes into an installer, as electron-builder reads it.
 *
 * Electron reads the window, the preload and the main process's entry from app.asar. What a plain
 * Node runs – the worker, the command line, the import's thread, the chunks they share with the
 * main process, the packages – lies beside it in app.asar.unpacked, since only Electron sees into
 * an archive. The folder above both holds what either looks for by walking up: resources/,
 * package.json, libsql's binary.
 */

/** What no one runs: sources, types, documentation, and binaries that are never chosen. */
const NOT_RUN = [
  '!**/*.{map,ts,mts,cts,md,markdown,tsbuildinfo,flow}',
  '!**/{test,tests,__tests__,docs,example,examples,.github}/**',
  '!node_modules/node-addon-api/**',
  '!node_modules/cmake-ts/**',
  'node_modules/cmake-ts/{package.json,LICENSE*,build/loader.js}',
  '!node_modules/zeromq/{src,script,CMakeLists.txt,vcpkg.json}{,/**}',
  '!node_modules/zeromq/build/**',
  'node_modules/zeromq/build/manifest.json',
  '!node_modules/yaml/browser/**',
  '!node_modules/zod/src/**',
  '!node_modules/@libsql/**',
  // Only the install script of webgpu imports debug and ms.
  '!node_modules/{debug,ms,@webgpu}/**',
  '!node_modules/webgpu/{build,dist}/**',
];

/** How zeromq calls a system's C library. */
const LIBC = { linux: 'glibc', darwin: 'libc', win32: 'msvc' };

/** System → what is made for it, and for which architectures. */
export const targets = {
  linux: { kinds: ['AppImage', 'deb'], architectures: ['x64', 'arm64'] },
  darwin: { kinds: ['dmg'], architectures: ['x64', 'arm64'] },
  // Windows on ARM runs the x64 app emulated: libsql has no binary for it.
  win32: { kinds: ['nsis'], architectures: ['x64'] },
};

/**
 * @param {'linux' | 'darwin' | 'win32'} platform
 * @param {'x64' | 'arm64'} arch
 * @param {string} fetched absolute: the folder that holds `node`, `libsql`, `package.json` for that
 *   system
 * @returns {import('electron-builder').Configuration}
 */
export function configurationFor(platform, arch, fetched) {
  return {
    appId: 'org.galapagos.lab',
    productName: 'Galapagos',
    copyright: 'MIT licence',
    directories: { buildResources: 'build' },
    // Every binary comes prebuilt.
    npmRebuild: false,
    allowMissingDependencies: false,
    publish: null,
    artifactName: '${name}-${version}-${os}-${arch}.${ext}',
    files: [
      'out/**',
      'bin/**',
      ...NOT_RUN,
      // The two that are tried first, and one of them loads; the others are for older versions of
      // Node.
      `node_modules/zeromq/build/${platform}/${arch}/node/${LIBC[platform]}-{115,127}-Release/addon.node`,
      `node_modules/webgpu/dist/${platform}-${platform === 'darwin' ? 'universal' : arch}/**`,
      'package.json',
    ],
    asarUnpack: [
      'out/main/{cli,worker,import-thread,line-thread,sampler-thread,read-thread,work-thread,check-thread,checkpoint-thread,watchdog-thread,door-thread,estimate-process}.js',
      'out/main/chunks/**',
      'bin/**',
      'node_modules/**',
    ],
    extraResources: [
      'LICENSE',
      { from: `${fetched}/package.json`, to: 'package.json' },
      { from: 'resources', to: 'resources' },
      { from: `${fetched}/node`, to: 'node', filter: ['bin/node', 'bin/node.exe', 'LICENSE'] },
      { from: `${fetched}/libsql`, to: 'node_modules/@libsql', filter: ['**/*', '!*.integrity'] },
    ],
    electronFuses: {
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
    },
    win: { icon: 'build/icons/icon.ico' },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
    mac: {
      icon: 'build/icons/icon.icns',
      category: 'public.app-category.developer-tools',
      hardenedRuntime: true,
      entitlements: 'build/entitlements.mac.plist',
      entitlementsInherit: 'build/entitlements.mac.plist',
    },
    linux: {
      icon: 'build/icons',
      category: 'Science',
      maintainer: 'Galapagos',
      synopsis: 'Evolve the hyper-parameters of neural networks',
    },
  };
}
