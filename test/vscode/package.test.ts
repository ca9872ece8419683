// What is in slipway.vsix: all that an installed extension needs, and nothing else.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { before, describe, it } from 'mocha';
import { inTemporaryFolder } from '../support/temporary-folder.ts';
import { figure } from '../support/vscode-figures.ts';
import { packedExtension } from '../support/vscode-site.ts';

const run = promisify(execFile);
const maxBytes = 5 * 1024 * 1024;

/** Files of the package, each with its length in bytes. */
async function listed(file: string): Promise<ReadonlyMap<string, number>> {
  const script =
    'import json, sys, zipfile; print(json.dumps([[i.filename, i.file_size] for i in zipfile.ZipFile(sys.argv[1]).infolist()]))';
  const { stdout } = await run('python3', ['-c', script, file], { maxBuffer: 1 << 24 });
  return new Map(JSON.parse(stdout) as [string, number][]);
}

/** The folder of a path, or its own name at the top; `emulator` and `schemas` are told one deeper. */
function part(path: string): string {
  const [first = '', second] = path.replace(/^extension\//, '').split('/');
  return second !== undefined && /^(emulator|schemas)$/.test(first) ? `${first}/${second}` : first;
}

describe('the package', () => {
  let file = '';
  before(async function () {
    this.timeout(120_000);
    file = await packedExtension();
  });

  it('is smaller than 5 MB', () => {
    const { size } = statSync(file);
    figure(`package: slipway.vsix has ${(size / 1024 / 1024).toFixed(2)} MB`);
    assert.ok(size < maxBytes, String(size));
  });

  it('holds these parts and no other', async () => {
    const files = await listed(file);
    const parts = new Map<string, number>();
    for (const [path, bytes] of files) parts.set(part(path), (parts.get(part(path)) ?? 0) + bytes);
    for (const [name, bytes] of parts) console.log(`    ${name}: ${(bytes / 1024).toFixed(0)} KB`);
    assert.deepEqual([...parts.keys()].sort(), [
      'LICENSE.txt',
      '[Content_Types].xml',
      'changelog.md',
      'dist',
      'emulator/runtime',
      'emulator/templates',
      'extension.vsixmanifest',
      'l10n',
      'media',
      'package.json',
      'package.nls.json',
      'package.nls.zh-cn.json',
      'readme.md',
      'schemas/json',
      'snippets',
    ]);
    const dist = [...files.keys()].filter((path) => path.startsWith('extension/dist/'));
    assert.deepEqual(dist.map((path) => path.slice('extension/dist/'.length)).sort(), [
      'extension.cjs',
      'parts.cjs',
      'platform.js',
      'slipway.js',
      'webview/dashboard.css',
      'webview/dashboard.js',
    ]);
    const unwanted = /\.(ts|map|pyc|test\.\w+)$|(^|\/)(node_modules|tests?|cluster\.js|demo\.js|\.env)(\/|$)/;
    assert.deepEqual(
      [...files.keys()].filter((path) => unwanted.test(path)),
      [],
    );
  });

  it('has nothing that only the cluster needs', async () => {
    await inTemporaryFolder(async (folder) => {
      await run('python3', ['-m', 'zipfile', '-e', file, folder]);
      for (const name of ['parts.cjs', 'platform.js', 'slipway.js']) {
        const text = readFileSync(join(folder, 'extension', 'dist', name), 'utf8');
        assert.ok(text.length > 10_000, name);
        // esbuild names each module that it takes in before its code.
        const modules = [...text.matchAll(/^\s*\/\/ ((?:emulator|node_modules)\/\S+)$/gm)].map(([, module]) => module!);
        const ofCluster = /^emulator\/(engine\/kubernetes|cluster\/(?!manifests\/))|^node_modules\/@kubernetes\//;
        assert.deepEqual(
          modules.filter((module) => ofCluster.test(module)),
          [],
          name,
        );
        if (name !== 'parts.cjs') assert.ok(modules.length > 50, name);
        assert.doesNotMatch(text, /\bKubeConfig\b/, name);
      }
    });
  });
});
