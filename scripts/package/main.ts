// `npm run package [FILE]`: slipway.vsix, which works on its own: the extension, the platform, the command line, the Python
// runtime, the templates and the schemas, and nothing that only a cluster or a developer of Slipway needs.
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { packageRoot as root } from '../../emulator/common/assets.ts';
import { stagePackage } from './stage.ts';

/** A larger one has something in it that does not belong there. */
const maxBytes = 5 * 1024 * 1024;

const target = resolve(process.argv[2] ?? join(root, 'slipway.vsix'));
const folder = join(root, '.build', 'vsix');
const files = stagePackage(root, folder);
await createVSIX({
  cwd: folder,
  packagePath: target,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
const { size } = statSync(target);
console.log(`${target}: ${files.length.toString()} files, ${(size / 1024 / 1024).toFixed(2)} MiB`);
if (size > maxBytes) {
  console.error(`expected at most ${(maxBytes / 1024 / 1024).toString()} MiB: see what has grown in ${folder}`);
  process.exitCode = 1;
}
