// What tells a large file without reading it: its size and samples of its contents. Two files of one fingerprint are
// most likely the same, and no more than that: whoever goes by it makes a digest of the whole afterwards.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** Below this, sending a file costs less than asking whether it is there. */
export const leastBytes = 1024 * 1024;

const samples = 64;
const sampleBytes = 16 * 1024;
/** Another choice of samples needs another text, so that the two are never taken for each other. */
const kind = 'slipway-1';

/** 64 hex digits, of the first `bytes` bytes of an open file. The samples lie at equal distances, from its start to its end. */
export async function fingerprintOf(handle: Pick<FileHandle, 'read'>, bytes: number): Promise<string> {
  const hash = createHash('sha256').update(`${kind} ${bytes}\n`);
  const length = Math.min(sampleBytes, bytes);
  const sample = Buffer.alloc(length);
  for (let index = 0; index < samples; index++) {
    const at = Math.floor(((bytes - length) * index) / (samples - 1));
    const { bytesRead } = await handle.read(sample, 0, length, at);
    hash.update(sample.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}
