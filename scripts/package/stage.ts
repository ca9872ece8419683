// The files of the package, laid out as they will be installed.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Paths of the tree that go along: files, or folders with all in them. */
const wanted: readonly string[] = [
  'dist/extension.cjs',
  'dist/parts.cjs',
  'dist/platform.js',
  'dist/slipway.js',
  'dist/webview',
  'emulator/runtime',
  'emulator/templates',
  'schemas/json',
  'snippets',
  'media',
  'l10n',
  'package.nls.json',
  'package.nls.zh-cn.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
];
const unwanted =
  /(^|\/)(__pycache__|\.venv|\.mypy_cache|\.ruff_cache|\.pytest_cache|tests|requirements-dev\.txt)$|\.(pyc|map)$/;
/** What an installed extension has no use for. */
const ofDevelopers: readonly string[] = ['private', 'scripts', 'dependencies', 'devDependencies', 'files', 'bin'];

/** @returns paths of the files, relative to `folder` */
export function stagePackage(root: string, folder: string): readonly string[] {
  rmSync(folder, { recursive: true, force: true });
  for (const path of wanted.filter((one) => existsSync(join(root, one)))) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, path), target, { recursive: true, filter: (from) => !unwanted.test(from.slice(root.length)) });
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const shipped = Object.fromEntries(Object.entries(manifest).filter(([key]) => !ofDevelopers.includes(key)));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  // An empty ignore file: all that was laid out goes along.
  writeFileSync(join(folder, '.vscodeignore'), '');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && basename(entry.name) !== '.vscodeignore')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
