// A secret that Kubernetes mounts as files, and changes while they are read.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Where its files are now: all of them are changed at once, by another folder behind a link; a plain folder is itself. */
export function currentFolder(mounted: string): string {
  try {
    return realpathSync(join(mounted, '..data'));
  } catch {
    return mounted;
  }
}
