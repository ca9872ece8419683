// .build/python: the Python tools of test and check (pytest, ruff, mypy and what the tests of the runtime import).
// Made again when the list of them or the Python has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command, fail, say, step } from './progress.mjs';

const oldestPython = [3, 10];
const requirements = 'emulator/runtime/requirements-dev.txt';
const windows = process.platform === 'win32';

/** @returns the path of the interpreter that has the tools, or undefined when the list of them is not there. */
export async function preparePython(root) {
  if (!existsSync(join(root, requirements))) {
    say(`Python tools are not prepared: there is no ${requirements}`);
    return undefined;
  }
  const folder = join(root, '.build', 'python');
  const python = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const stampFile = join(folder, 'slipway.stamp');
  const digest = createHash('sha256').update(readFileSync(join(root, requirements)));
  const stamp = digest.update(folder).digest('hex');
  const isCurrent = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  // Also asked whether it still runs: the Python below it may have been removed since.
  if (isCurrent && (await command(python, ['-c', ''])).code === 0) return python;

  const base = await findPython();
  await step(`preparing Python tools in .build/python (Python ${base.version})`, async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    const venv = await command(base.file, [...base.args, '-m', 'venv', folder]);
    if (venv.code !== 0) {
      fail(`python -m venv did not work (Debian and Ubuntu: apt-get install python3-venv):\n${venv.output.trim()}`);
    }
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(root, requirements)];
    const installed = await command(python, pip);
    if (installed.code !== 0) fail(`pip could not install ${requirements}:\n${installed.output.trim()}`);
    writeFileSync(stampFile, stamp);
  });
  return python;
}

/** The first Python on the path that is new enough; SLIPWAY_PYTHON goes before all. */
async function findPython() {
  const own = process.env.SLIPWAY_PYTHON;
  const candidates = [
    ...(own ? [[own]] : []),
    ['python3'],
    ...['3.13', '3.12', '3.11', '3.10'].map((version) => [`python${version}`]),
    ['python'],
    ...(windows ? [['py', '-3']] : []),
  ];
  const found = [];
  for (const [file, ...args] of candidates) {
    const { code, output } = await command(file, [...args, '-c', 'import sys; print(*sys.version_info[:3], sep=".")']);
    const version = output.trim();
    if (code !== 0 || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    const [major, minor] = version.split('.').map(Number);
    if (major === oldestPython[0] && minor >= oldestPython[1]) return { file, args, version };
    found.push(`${file} is ${version}`);
  }
  const wanted = `Python ${oldestPython.join('.')} or newer is needed and none was found`;
  return fail(
    `${wanted}${found.length > 0 ? ` (${found.join(', ')})` : ''}: install one, or name it in SLIPWAY_PYTHON`,
  );
}
