// Where programs are looked for. Windows does not tell names of variables apart by their case, and calls this one Path: the
// environment of a process hides that, a copy of it does not.
import { win32 } from 'node:path';

/** The value of PATH, whatever the case of its name is on Windows; empty where there is none. */
export function searchPathOf(env: Readonly<NodeJS.ProcessEnv>, platform: NodeJS.Platform = process.platform): string {
  const exact = env['PATH'];
  if (exact !== undefined || platform !== 'win32') return exact ?? '';
  return Object.entries(env).find(([name]) => isPath(name))?.[1] ?? '';
}

/** The environment with another PATH, and with no second one beside it. */
export function withSearchPath<Value extends string | undefined>(
  env: Readonly<Record<string, Value>>,
  value: string,
  platform: NodeJS.Platform = process.platform,
): Record<string, Value | string> {
  const others = Object.entries(env).filter(([name]) => platform !== 'win32' || !isPath(name));
  return { ...Object.fromEntries(others), PATH: value };
}

/** The file name of a program: on Windows it ends in .exe, whether or not whoever named it wrote that. */
export function programFile(name: string, platform: NodeJS.Platform = process.platform): string {
  return platform !== 'win32' || win32.extname(name).toLowerCase() === '.exe' ? name : `${name}.exe`;
}

const isPath = (name: string): boolean => name.toUpperCase() === 'PATH';
