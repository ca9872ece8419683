// npm packages: installed when node_modules is not what package-lock.json asks for. From wherever the user's own npm
// configuration says.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command, fail, step } from './progress.mjs';

export async function installPackages(root) {
  if (isInstalled(root)) return;
  // `npm run` names its own npm; run by Node it needs no shell, also where npm is a .cmd file.
  const [file, before] = npmProgram();
  await step('installing npm packages (npm ci)', async () => {
    // The tools are development dependencies, whatever NODE_ENV says.
    const { code, output } = await command(file, [...before, 'ci', '--include=dev', '--no-progress'], { cwd: root });
    if (code !== 0) {
      fail(
        `npm ci did not work:\n${output.trim()}\nCheck the network and \`npm config get registry\`, then run again.`,
      );
    }
  });
}

/** npm keeps beside what it installed a lock file of it; the two must name the same packages. */
function isInstalled(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  try {
    const wanted = packagesOf(join(root, 'package-lock.json'));
    const installed = packagesOf(installedFile);
    const fits = (path) => installed[path]?.version === wanted[path]?.version;
    // Optional packages are mostly those of other systems.
    return (
      Object.keys(wanted).every((path) => path === '' || (wanted[path].optional && !installed[path]) || fits(path)) &&
      Object.keys(installed).every(fits)
    );
  } catch {
    return false;
  }
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** The program and first arguments that run npm without a shell. */
function npmProgram() {
  const ofNode = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = [process.env.npm_execpath, ofNode].find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  if (script !== undefined) return [process.execPath, [script]];
  if (process.platform === 'win32') fail('npm was not found beside Node: run this with `npm run`');
  return ['npm', []];
}
