// `npm run <target>`: makes what the target needs in a clone where nothing was installed yet, then runs it.
// Plain Node with no dependency; says on standard error what it does and how long it took.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './bootstrap/build.mjs';
import { installPackages } from './bootstrap/packages.mjs';
import { fail, say } from './bootstrap/progress.mjs';
import { preparePython } from './bootstrap/python.mjs';

const oldestNode = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each target needs beside the npm packages, and what it runs. `demo` runs the built file, as users do. */
const targets = {
  build: { needs: ['build'] },
  demo: { needs: ['build'], run: ['dist/demo.js'] },
  bench: { needs: ['build'], run: ['--import', 'tsx', 'bench/main.ts'] },
  package: { needs: ['build'], run: ['--import', 'tsx', 'scripts/package/main.ts'] },
  electron: { needs: ['build'], run: ['--import', 'tsx', 'scripts/electron/main.ts'] },
  generate: { needs: [], run: ['--import', 'tsx', 'scripts/generate/main.ts'] },
  check: { needs: ['python'], run: ['--import', 'tsx', 'scripts/check/main.ts'] },
  test: { needs: ['build', 'python'], run: ['--import', 'tsx', 'scripts/test/main.ts'] },
};

const [name, ...args] = process.argv.slice(2);
const target = Object.hasOwn(targets, name ?? '') ? targets[name] : undefined;
if (target === undefined) fail(`expected one of ${Object.keys(targets).join(', ')}, found "${name ?? ''}"`, 2);
if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  fail(`Slipway needs Node ${oldestNode} or newer, this is ${process.version}: install one, then run this again`);
}

await installPackages(root);
if (target.needs.includes('build')) await build(root);
const python = target.needs.includes('python') ? await preparePython(root) : undefined;
if (target.run !== undefined) {
  const script = target.run.at(-1);
  if (!existsSync(join(root, script))) fail(`${script} is not there: this checkout is not complete`);
  process.exitCode = await run([...target.run, ...args], python);
}

/** Runs Node with `argv` in the root; the exit code is that of the child, or 128 + the signal that ended it. */
function run(argv, python) {
  const env = { ...process.env, ...(python === undefined ? {} : { SLIPWAY_TOOLS_PYTHON: python }) };
  const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit', env });
  // A terminal sends its interrupt to both; the child decides when it is done with it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(String(error));
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 1)));
  });
}
