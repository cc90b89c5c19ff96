/**
 * What goes into an installer, as electron-builder reads it.
 *
 * The window, the preload and the main process's entry are read from app.asar. What a plain Node runs – the worker, the command
 * line, the import's thread, the chunks they share with the main process, every package with a binary in it – lies beside it in
 * app.asar.unpacked, since only Electron sees into an archive.
 */

/** What no one runs: sources, types, documentation, and binaries that are never chosen. */
const NOT_RUN = [
  '!**/*.{map,ts,mts,cts,md,markdown,tsbuildinfo,flow}',
  '!**/{test,tests,__tests__,docs,example,examples,.github}/**',
  '!node_modules/node-addon-api/**',
  '!node_modules/cmake-ts/**',
  'node_modules/cmake-ts/{package.json,LICENSE*,build/loader.js}',
  '!node_modules/zeromq/{src,script,CMakeLists.txt,vcpkg.json,tsconfig.json}',
  '!node_modules/zeromq/{src,script}/**',
  '!node_modules/zeromq/build/**',
  'node_modules/zeromq/build/manifest.json',
  '!node_modules/zod/src/**',
  '!node_modules/@libsql/**',
];

/** Binaries of the system packed for. `${arch}` is electron-builder's. */
function binariesFor(platform, libc) {
  return [
    // Older Node versions, and other C libraries, have their own: these two are tried first, and one of them loads.
    `node_modules/zeromq/build/${platform}/\${arch}/node/${libc}-{115,127}-Release/addon.node`,
    { from: `.cache/packaging/${platform}-\${arch}/libsql`, to: 'node_modules/@libsql', filter: ['**/*', '!**/.integrity'] },
  ];
}

function nodeFor(platform) {
  return [{ from: `.cache/packaging/${platform}-\${arch}/node`, to: 'node', filter: ['bin/node', 'bin/node.exe', 'LICENSE'] }];
}

/** @type {import('electron-builder').Configuration} */
export const configuration = {
  appId: 'org.galapagos.lab',
  productName: 'Galapagos',
  copyright: 'MIT licence',
  directories: { buildResources: 'build', output: 'dist' },
  // Every binary comes prebuilt.
  npmRebuild: false,
  asar: true,
  files: ['out/**', 'bin/**', 'package.json', ...NOT_RUN],
  asarUnpack: ['out/package.json', 'out/main/{cli,worker,import-thread}.js', 'out/main/chunks/**', 'bin/**', 'node_modules/**'],
  extraResources: [{ from: 'resources', to: 'resources' }, 'LICENSE'],
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  artifactName: '${name}-${version}-${os}-${arch}.${ext}',
  win: {
    icon: 'build/icons/icon.ico',
    // Windows on ARM runs the x64 app emulated: libsql has no binary for it.
    target: [{ target: 'nsis', arch: ['x64'] }],
    files: binariesFor('win32', 'msvc'),
    extraResources: nodeFor('win32'),
  },
  nsis: { oneClick: false, allowToChangeInstallationDirectory: true, perMachine: false },
  mac: {
    icon: 'build/icons/icon.icns',
    category: 'public.app-category.developer-tools',
    target: [{ target: 'dmg', arch: ['x64', 'arm64'] }],
    hardenedRuntime: true,
    entitlements: 'build/entitlements.mac.plist',
    entitlementsInherit: 'build/entitlements.mac.plist',
    files: binariesFor('darwin', 'libc'),
    extraResources: nodeFor('darwin'),
  },
  linux: {
    icon: 'build/icons',
    category: 'Science',
    maintainer: 'Galapagos',
    synopsis: 'Evolve the hyper-parameters of neural networks',
    target: [
      { target: 'AppImage', arch: ['x64', 'arm64'] },
      { target: 'deb', arch: ['x64', 'arm64'] },
    ],
    files: binariesFor('linux', 'glibc'),
    extraResources: nodeFor('linux'),
  },
  publish: null,
};
