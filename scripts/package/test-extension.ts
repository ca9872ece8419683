// What only tests use: suites that mocha runs inside the extension host, alone or as an extension of their own.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';

/** The suites of test/vscode/host in one file, which activates as an extension and can be run as tests. @returns its path */
export async function bundleHostTests(root: string, folder: string): Promise<string> {
  const outfile = join(folder, 'main.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/vscode/host/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // mocha is taken from the checkout: it finds its own files by their paths.
    external: ['vscode', 'mocha', '*.node'],
    define: { 'import.meta.url': 'slipwayModuleUrl' },
    banner: { js: "const slipwayModuleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  // What is in it looks for the package that it belongs to.
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  return outfile;
}

const manifest = {
  name: 'slipway-tests',
  publisher: 'slipway',
  version: '0.0.1',
  engines: { vscode: '^1.96.0' },
  main: './main.cjs',
  activationEvents: ['onStartupFinished', 'onFileSystem:slipway-memory'],
  extensionKind: ['workspace'],
  capabilities: { untrustedWorkspaces: { supported: true }, virtualWorkspaces: true },
};

/** Packs test/vscode/host as an extension. @returns the path of the package */
export async function packTestExtension(root: string): Promise<string> {
  const folder = join(root, '.build', 'host-tests');
  const target = join(root, '.build', 'host-tests.vsix');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleHostTests(root, folder);
  writeFileSync(join(folder, '.vscodeignore'), '');
  writeFileSync(join(folder, 'LICENSE'), 'Apache-2.0\n');
  await createVSIX({ cwd: folder, packagePath: target, dependencies: false, allowMissingRepository: true });
  return target;
}
