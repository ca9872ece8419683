// A second extension that only tests use: it runs mocha inside the extension host and writes the results to a file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';

/** Packs test/vscode/host as an extension. @returns the path of the package */
export async function packTestExtension(root: string): Promise<string> {
  const folder = join(root, '.build', 'host-tests');
  const target = join(root, '.build', 'host-tests.vsix');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/vscode/host/main.ts'],
    outfile: join(folder, 'main.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // mocha is taken from the checkout: it finds its own files by their paths.
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  const manifest = {
    name: 'slipway-tests',
    publisher: 'slipway',
    version: '0.0.1',
    engines: { vscode: '^1.96.0' },
    main: './main.cjs',
    activationEvents: ['onStartupFinished'],
    extensionKind: ['workspace'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, '.vscodeignore'), '');
  writeFileSync(join(folder, 'LICENSE'), 'Apache-2.0\n');
  await createVSIX({ cwd: folder, packagePath: target, dependencies: false, allowMissingRepository: true });
  return target;
}
