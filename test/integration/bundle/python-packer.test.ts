// The packer in Python of emulator/bundle/README.md gives the digests of pack.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { encodeEntry } from '../../../emulator/bundle/archive.ts';
import { packFolder } from '../../../emulator/bundle/pack.ts';
import { findPython } from '../../../emulator/bundle/python.ts';
import { runProcess } from '../../../emulator/bundle/run-process.ts';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { writeService } from '../../support/service-folder.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const driver = `
import json, os, sys
root, files = sys.argv[1], []
for folder, _, names in os.walk(root):
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            files.append((os.path.relpath(path, root).replace(os.sep, "/"), file.read(), False))
print(json.dumps([digest(files), len(entry("large", 8**11, True)), hashlib.sha256(entry("large", 8**11, True)).hexdigest()]))
`;

describe('the packer in Python that the README shows', () => {
  it('gives the same digest as ours', async () => {
    const readme = await readFile(join(packageRoot, 'emulator', 'bundle', 'README.md'), 'utf8');
    const snippet = /```python\n([^]*?)```/.exec(readme)?.[1] ?? '';
    await inTemporaryFolder(async (folder) => {
      await writeService(
        folder,
        {},
        {
          'empty.bin': '',
          'full.bin': Buffer.alloc(1024, 1),
          'odd.bin': Buffer.alloc(70_000, 2),
          'a.b': '1',
          'a/b': '2',
          '\ufb01le': '3',
          '\u{1f600}/\u6a21\u578b caf\u00e9.txt': '4',
          [`${'x'.repeat(99)}y`]: '5',
          [`${'x'.repeat(100)}y`]: '6',
          [`${'long/'.repeat(20)}${'z'.repeat(200)}`]: '7',
        },
      );
      const python = await findPython('>=3.9');
      const result = await runProcess(python.path, ['-I', '-c', snippet + driver, folder], {
        timeoutMs: 20_000,
        maxOutputBytes: 10_000,
      });
      assert.ok(result.kind === 'ended' && result.why === undefined, JSON.stringify(result));
      const [digest, length, large] = JSON.parse(result.stdout) as [string, number, string];
      assert.equal(digest, (await packFolder(folder)).digest);
      const ours = encodeEntry({ path: 'large', bytes: 8 ** 11, executable: true });
      assert.equal(length, ours.length);
      assert.equal(large, createHash('sha256').update(ours).digest('hex'));
    });
  });
});
