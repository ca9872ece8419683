// The two files by which clients find a running platform: its token, and platform.json. Private to their owner.
import { rename, rm, writeFile } from 'node:fs/promises';
import type { PlatformInfo } from '../../schemas/platform.ts';
import type { Home } from '../common/home.ts';
import { randomHex } from '../common/random.ts';

/** Writes a new token and returns it: 256 random bits, one for each start. */
export async function writeToken(home: Home): Promise<string> {
  const token = randomHex(32);
  await replace(home.token, `${token}\n`);
  return token;
}

export function writeInfo(home: Home, info: PlatformInfo): Promise<void> {
  return replace(home.info, `${JSON.stringify(info, undefined, 2)}\n`);
}

export async function removeFoundFiles(home: Home): Promise<void> {
  await rm(home.info, { force: true });
  await rm(home.token, { force: true });
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomHex(4)}`;
  try {
    await writeFile(beside, text, { mode: 0o600 });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
