// The store of bundles on a volume.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleArchives } from '../../../emulator/cluster/bundle-archives.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { bundleStoreContract } from '../../contract/bundle-store.ts';

let root = '';

bundleStoreContract({
  name: 'a volume',
  reuses: true,
  open: (folder) => Promise.resolve(new BundleArchives({ root: (root = folder), log: silentLogger })),
  kept: async () => {
    const folders = ['archives', 'bundles'].map((name) => readdir(join(root, name)));
    return (await Promise.all(folders)).flat().sort();
  },
});
