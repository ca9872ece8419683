// `npm run generate`: writes the files made from the schemas. With `--check` it names the stale ones and exits 1.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../emulator/common/assets.ts';
import { findStale, findUnwanted, generateAll } from './stale.ts';

const files = await generateAll(packageRoot);
const stale = findStale(packageRoot, files);
if (process.argv.includes('--check')) {
  for (const path of stale) console.error(`${path} is stale: run \`npm run generate\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const path of findUnwanted(packageRoot, files)) rmSync(join(packageRoot, path));
  for (const { path, text } of files.filter((file) => stale.includes(file.path))) {
    mkdirSync(dirname(join(packageRoot, path)), { recursive: true });
    writeFileSync(join(packageRoot, path), text);
  }
  console.log(
    stale.length === 0 ? 'All generated files are up to date.' : stale.map((path) => `wrote ${path}`).join('\n'),
  );
}
