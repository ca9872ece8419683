// Build contexts on a real Engine: what stands in a folder, and what of it is in the image.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { buildImage } from '../../emulator/docker/build.ts';
import { filesBelow } from '../../emulator/docker/context-files.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { inTemporaryFolder } from '../support/temporary-folder.ts';

describe('the build context of a service', () => {
  const engine = useDockerEngine();

  it('F36 holds files alone: links and pipes get into no image, and no name is taken for an instruction', () =>
    inTemporaryFolder(async (outer) => {
      const folder = join(outer, 'service');
      await mkdir(join(folder, 'inner'), { recursive: true });
      await writeFile(join(outer, 'secret'), 'secret');
      for (const name of ['main.py', 'Dockerfile', '.dockerignore', '-rf', 'two words', '$HOME', 'inner/ü.py']) {
        await writeFile(join(folder, name), name === '.dockerignore' ? '*' : 'FROM nowhere');
      }
      await symlink(join(outer, 'secret'), join(folder, 'link'));
      await symlink('..', join(folder, 'inner', 'up'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const seen: string[] = [];
      const list = `python3 -c 'import os; [print("seen", os.path.relpath(os.path.join(at, name), "/service")) for at, folders, names in os.walk("/service") for name in folders + names]'`;
      const id = await buildImage(engine().docker, {
        dockerfile: `FROM ${testBase}\nCOPY service /service\nRUN ${list}\n`,
        files: await filesBelow(folder, 'service'),
        buildArgs: {},
        line: (text) => {
          if (text.startsWith('seen ')) seen.push(text.slice('seen '.length));
        },
        signal: AbortSignal.timeout(120_000),
      });
      await engine().docker.getImage(id).remove();
      const expected = ['$HOME', '-rf', '.dockerignore', 'Dockerfile', 'inner', 'inner/ü.py', 'main.py', 'two words'];
      assert.deepEqual(seen.sort(), expected);
    }));
});
