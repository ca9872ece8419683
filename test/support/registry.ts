// Whether Python packages can be installed on this machine: what needs them is skipped where not.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { skip } from './skip.ts';

const timeoutMs = 60_000;
let answer: Promise<boolean> | undefined;

/** For a `before` hook: skips its tests when pip finds no package. */
export async function skipWithoutRegistry(test: Mocha.Context): Promise<void> {
  answer ??= findsPackages();
  if (!(await answer)) skip(test, 'missing: a package registry that pip reaches');
}

async function findsPackages(): Promise<boolean> {
  const python = process.env['SLIPWAY_TOOLS_PYTHON'];
  if (python === undefined) return false;
  const words = ['-m', 'pip', 'index', 'versions', '--disable-pip-version-check', 'skops'];
  return promisify(execFile)(python, words, { timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}
