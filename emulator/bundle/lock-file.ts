// slipway.lock of a service folder: read, and turned into exact versions for an interpreter that it was made with.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Lock } from '../../schemas/target.ts';
import { SlipwayError } from '../common/errors.ts';
import { pythonSatisfies } from './python-range.ts';
import type { Discovery, Python } from './python.ts';
import { parseRequirement } from './requirements.ts';

export const lockName = 'slipway.lock';

/** Where packages are to be installed, as Python names it. */
export interface LockPlace {
  /** `3.11.7` */
  readonly python: string;
  readonly system: string;
  readonly machine: string;
}

export type Pins =
  | { readonly state: 'pinned'; readonly requirements: readonly string[] }
  /** The lock is for something else; the requirements are resolved anew. */
  | { readonly state: 'unfit'; readonly why: string };

/** Undefined where there is none. @throws manifest_invalid when the file is none that `slipway env lock` wrote */
export async function readLock(folder: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, lockName), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = Lock.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SlipwayError('manifest_invalid', `${lockName} is not a lock file of this version.`, {
    hint: 'Make it again with `slipway env lock`.',
  });
}

/**
 * All packages of the lock in their exact versions, with the digests of their archives where it has them: a whole list,
 * with nothing left to resolve. @param requirements those of the service now, as resolveRequirements gives them
 */
export function pinsOf(lock: Lock, requirements: readonly string[], place: LockPlace): Pins {
  const unfit = (why: string): Pins => ({ state: 'unfit', why: `${lockName} is not used: ${why}` });
  if (lock.requirements.join('\n') !== requirements.join('\n')) return unfit('the requirements have changed since');
  if (minor(lock.python) !== minor(place.python)) {
    return unfit(`it is for Python ${minor(lock.python)}, and this is ${place.python}`);
  }
  if (lock.system !== place.system || lock.machine !== place.machine) {
    return unfit(`it is for ${lock.system} ${lock.machine}, and this is ${place.system} ${place.machine}`);
  }
  const named = new Map(requirements.map((text) => [parseRequirement(text, text).name, text]));
  const pins = Object.entries(lock.packages).map(([name, version]) => {
    const text = named.get(name);
    // What comes from an address has no version that an index knows.
    return text?.includes(' @ ') === true ? text : `${name}==${version}`;
  });
  const hashes = lock.hashes ?? {};
  const isWhole = pins.every((pin) => hashes[nameOf(pin)] !== undefined);
  // Installers want the digests of all packages, or of none.
  return { state: 'pinned', requirements: isWhole ? pins.map((pin) => withHashes(pin, hashes[nameOf(pin)]!)) : pins };
}

/** The interpreters that the lock is for, where one of them will do; else all. @param python range of the service */
export function lockedFirst(
  all: Discovery,
  { lock, python }: { readonly lock?: Lock | undefined; readonly python: string },
): Discovery {
  const line = lock === undefined ? undefined : minor(lock.python);
  const found = all.found.filter(({ version }) => minor(version) === line);
  return found.some(({ version }) => pythonSatisfies(python, version)) ? { ...all, found } : all;
}

/** This machine, for an interpreter of it. */
export function placeHere({ version }: Pick<Python, 'version'>): LockPlace {
  return { python: version, system: process.platform, machine: pythonMachine() };
}

/** What Python calls the processor of this machine. */
function pythonMachine(): string {
  const { platform, arch } = process;
  if (arch === 'x64') return platform === 'win32' ? 'AMD64' : 'x86_64';
  if (arch === 'arm64') return platform === 'linux' ? 'aarch64' : platform === 'win32' ? 'ARM64' : arch;
  return arch;
}

function withHashes(pin: string, hashes: readonly string[]): string {
  return [pin, ...hashes.map((each) => `--hash=${each}`)].join(' ');
}

/** A pin without its digests, which an interpreter that is there already cannot be asked about. */
export function withoutHashes(requirement: string): string {
  return requirement.replace(/ --hash=\S+/g, '');
}

function nameOf(pin: string): string {
  return pin.split('==', 1)[0]!;
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
