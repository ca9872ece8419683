// The checks that are programs of others: how each is called, and that it was.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Name of the one whose output it reads. */
  readonly after?: string;
  /** Where it keeps what it found, below the root. */
  readonly cache?: string;
}

/** Compilers, linters and formatters of TypeScript, with their caches in .build. */
export function nodePrograms(root: string): readonly Program[] {
  const node = (name: string, script: string, args: readonly string[]): Program => ({
    name,
    file: process.execPath,
    args: [join(root, 'node_modules', ...script.split('/')), ...args],
  });
  const cached = (cache: string, program: Program): Program => ({
    ...program,
    cache,
    args: [...program.args, '--cache', '--cache-location', cache],
  });
  return [
    node('types', 'typescript/bin/tsc', ['-b', '--pretty', 'false']),
    {
      ...cached(join('.build', 'eslint.cache'), node('lint', 'eslint/bin/eslint.js', ['--max-warnings', '0', '.'])),
      after: 'types',
    },
    cached(
      join('.build', 'prettier.cache'),
      node('format', 'prettier/bin/prettier.cjs', ['--log-level', 'warn', '--check', '.']),
    ),
  ];
}

/** @param python the interpreter of the Python tools. */
export function pythonPrograms(python: string): readonly Program[] {
  const module = (name: string, args: readonly string[]): Program => ({ name, file: python, args: ['-m', ...args] });
  const runtime = 'emulator/runtime';
  return [
    module('python lint', ['ruff', 'check', '--quiet', runtime]),
    module('python format', ['ruff', 'format', '--quiet', '--check', runtime]),
    module('python types', [
      'mypy',
      '--strict',
      '--config-file',
      join(runtime, 'pyproject.toml'),
      '--cache-dir',
      join('.build', 'mypy'),
      runtime,
    ]),
  ];
}

/** @returns what it printed when it did not succeed, as the problems found. */
export function runProgram({ name, file, args }: Program, cwd: string): Promise<readonly string[]> {
  const env = { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' };
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve([`${name} could not be started: ${error.message}`]));
    child.on('close', (code) => resolve(code === 0 ? [] : [output.trim() || `${name} ended with ${String(code)}`]));
  });
}
