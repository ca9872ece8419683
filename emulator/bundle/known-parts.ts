// Which parts of an archive that arrives are not sent, because a file here most likely has them: beside what arrived, so
// that it outlives a restart as that does.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import type { Gap } from './gaps.ts';
import type { Contents } from './large-files.ts';

const KnownPart = z.object({ at: z.int().min(0), bytes: z.int().min(1), fingerprint: z.string() });
export type KnownPart = z.infer<typeof KnownPart>;

export const knownSuffix = '.known';
/** Of one archive; what is beyond is sent. */
export const maxKnownParts = 1_000;

/**
 * In the order of the archive; those alone that end within the `received` bytes. One that cannot be read is as none: the
 * digest of the whole tells.
 */
export async function knownParts(file: string, received: number): Promise<readonly KnownPart[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  const parsed = z.array(KnownPart).safeParse(parse(text));
  return (parsed.data ?? []).filter(({ at, bytes }) => at + bytes <= received);
}

export async function writeKnownParts(file: string, parts: readonly KnownPart[]): Promise<void> {
  const beside = `${file}.tmp`;
  try {
    await writeFile(beside, JSON.stringify(parts), { mode: 0o600, flush: true });
    await rename(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
}

/** What fills each of them now. @throws SlipwayError bundle_digest when nothing does any more */
export function gapsOf(
  parts: readonly KnownPart[],
  find: (contents: Contents) => Promise<string | undefined>,
): Promise<Gap[]> {
  return Promise.all(
    parts.map(async ({ at, bytes, fingerprint }) => {
      const path = await find({ bytes, fingerprint });
      if (path !== undefined) return { at, bytes, path };
      throw new SlipwayError('bundle_digest', 'A file that was to be taken from another bundle is not there any more.');
    }),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
