// A secret as Kubernetes mounts it: each change is a folder of its own, and one link that is moved over to it.
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from '../../emulator/common/random.ts';

/** All files of the secret are others at once. */
export async function mountSecret(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const name = `..${randomHex(4)}`;
  await mkdir(join(folder, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(folder, name, file), content);
    await symlink(join('..data', file), join(folder, file)).catch(() => undefined);
  }
  await symlink(name, join(folder, '..data.new'));
  await rename(join(folder, '..data.new'), join(folder, '..data'));
}
