import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { BundleStore } from '../../../emulator/bundle/store.ts';
import { Uploads } from '../../../emulator/bundle/uploads.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { BundleDigest } from '../../../schemas/ids.ts';
import { rawArchive, rawEntry, streamOf } from '../../support/hostile-archive.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

const uploads = 50;
/** More than is read at once, so that a refusal comes before the end. */
const archiveBytes = 400_000;

describe('uploads', () => {
  it('F32 F36 keep no descriptor of archives that are refused', async function () {
    if (process.platform !== 'linux') skip(this, 'descriptors are counted in /proc');
    await inTemporaryFolder(async (folder) => {
      const target = new BundleStore({ root: join(folder, 'bundles'), log: silentLogger });
      await target.start();
      const root = join(folder, 'uploads');
      const taken = new Uploads({ root, target, clock: systemClock });
      const before = (await descriptorsOf(root)).length;
      for (let i = 0; i < uploads; i++) {
        const bytes = rawArchive(rawEntry({ name: `../${i}`, body: Buffer.alloc(archiveBytes) }));
        const digest = BundleDigest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        const piece = { digest, offset: 0, total: bytes.length };
        await assert.rejects(taken.append(piece, streamOf(bytes, 65_536)), { code: 'bundle_unsafe' });
      }
      assert.equal(before, 0);
      await until(async () => (await descriptorsOf(root)).length === 0);
    });
  });
});

/** What this process has open below `folder`, deleted files too. */
async function descriptorsOf(folder: string): Promise<readonly string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}
