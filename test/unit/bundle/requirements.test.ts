// Tests of emulator/bundle/requirements.ts and installed.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { unmetRequirement } from '../../../emulator/bundle/installed.ts';
import { formatRequirement, parseRequirement, resolveRequirements } from '../../../emulator/bundle/requirements.ts';
import { Manifest } from '../../../schemas/manifest.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

function normal(text: string): string {
  return formatRequirement(parseRequirement(text, 'here'));
}

describe('requirements', () => {
  it('have one form for one wish', () => {
    assert.equal(normal('Foo_Bar.baz'), 'foo-bar-baz');
    assert.equal(normal(' numpy >= 1.20 , <2 '), 'numpy<2,>=1.20');
    assert.equal(normal('numpy (>=1.20)'), 'numpy>=1.20');
    assert.equal(normal('Uvicorn[Standard, http_tools] ==0.30'), 'uvicorn[http-tools,standard]==0.30');
    assert.equal(normal('tomli;  python_version<"3.11"'), 'tomli ; python_version<"3.11"');
    assert.equal(normal('x @ https://example.org/x-1.0.whl#sha256=ab'), 'x @ https://example.org/x-1.0.whl#sha256=ab');
    const digest = `sha256:${'a'.repeat(64)}`;
    assert.equal(normal(`x==1 --hash=${digest}`), `x==1 --hash=${digest}`);
    assert.equal(normal(normal('A[b]>=1,!=2 ; x=="y"')), normal('A[b]>=1,!=2 ; x=="y"'));
  });

  const refused: readonly [text: string, message: RegExp][] = [
    ['-r other.txt', /option "-r"/],
    ['--index-url https://example.org/simple', /option "--index-url"/],
    ['--index-url=https://example.org/simple', /option "--index-url"/],
    ['-e .', /option "-e"/],
    ['-c constraints.txt', /option "-c"/],
    ['numpy --index-url https://example.org', /an option in/],
    ['numpy -i https://example.org', /an option in/],
    ['numpy==1 --no-binary :all:', /an option in/],
    ['./wheels/x.whl', /a path/],
    ['/tmp/x.whl', /a path/],
    ['file:///tmp/x.whl', /a path/],
    ['C:\\x.whl', /a path/],
    ['https://example.org/x.whl', /without a name/],
    ['git+https://example.org/x.git', /without a name/],
    ['x @ http://example.org/x.whl', /"http:"/],
    ['x @ file:///etc/passwd', /"file:"/],
    ['x @ git+ssh://git@example.org/x', /"git\+ssh:"/],
    ['x @ https://user:secret@example.org/x.whl', /user, password or query/],
    ['x @ https://token@example.org/x.whl', /user, password or query/],
    ['x @ https://example.org/x.whl?token=1', /user, password or query/],
    ['numpy==1.0\n--index-url https://example.org', /control character/],
    ['numpy==1.0; `rm`', /expected a package/],
    ['numpy>>1', /expected a package/],
    ['numpy pandas', /expected a package/],
    ['==1.0', /expected a package/],
    ['$(id)', /expected a package/],
  ];
  for (const [text, message] of refused) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRequirement(text, 'here'), { code: 'manifest_invalid', message });
    });
  }

  it('never show the credentials that they refuse', () => {
    try {
      parseRequirement('x @ https://user:hunter2@example.org/x.whl', 'here');
      assert.fail('accepted');
    } catch (error) {
      assert.ok(!String(error).includes('hunter2'));
    }
  });

  it('come from a file without its comments, sorted, each once', async () => {
    await inTemporaryFolder(async (folder) => {
      const hash = 'b'.repeat(64);
      const text = `\ufeff# what it needs\r\nNumPy==1.26 # fast\n\npandas \\\n  --hash=sha256:${hash}\nnumpy==1.26\n`;
      await writeTree(folder, { 'req/all.txt': text, 'bad.txt': 'numpy\n\n-c more.txt\n' });
      const manifest = (requirements: string | string[]): Manifest =>
        Manifest.parse({ name: 'a', main: 'a.py', requirements });
      const expected = ['numpy==1.26', `pandas --hash=sha256:${hash}`];
      assert.deepEqual(await resolveRequirements(folder, manifest('req/all.txt')), expected);
      assert.deepEqual(await resolveRequirements(folder, manifest(['b', 'a>1', 'B'])), ['a>1', 'b']);
      assert.deepEqual(await resolveRequirements(folder, manifest([])), []);
      await assert.rejects(resolveRequirements(folder, manifest('bad.txt')), { message: /^bad\.txt, line 3: / });
      await assert.rejects(resolveRequirements(folder, manifest('no.txt')), { code: 'path_missing' });
    });
  });

  it('come from included files too, which lie in the folder, each read once', async () => {
    await inTemporaryFolder(async (folder) => {
      const read = (requirements: string): Promise<string[]> =>
        resolveRequirements(folder, Manifest.parse({ name: 'a', main: 'a.py', requirements }));
      const others = Array.from({ length: 40 }, (_, index) => `-r many-${index}.txt`);
      await writeTree(folder, {
        'req/all.txt': '-r base.txt\npandas\n--requirement=../top.txt # and these\n',
        'req/base.txt': '-rall.txt\nnumpy\n--requirement base.txt\n',
        'top.txt': 'scipy\n',
        'out.txt': '\n-r ../elsewhere.txt\n',
        'root.txt': '-r /etc/passwd\n',
        'drive.txt': '-r C:\\x.txt\n',
        'gone.txt': '-r nowhere.txt\n',
        'many.txt': others.join('\n'),
        ...Object.fromEntries(others.map((_, index) => [`many-${index}.txt`, others.join('\n')])),
      });
      assert.deepEqual(await read('./req/all.txt'), ['numpy', 'pandas', 'scipy']);
      for (const outside of ['out.txt', 'root.txt', 'drive.txt']) {
        await assert.rejects(read(outside), { code: 'manifest_invalid', message: /inside the service folder/ });
      }
      await assert.rejects(read('gone.txt'), { code: 'path_missing', message: /nowhere\.txt/ });
      await assert.rejects(read('many.txt'), { message: /at most 32 files/ });
    });
  });

  it('are met only by what is certainly installed', () => {
    const installed = { numpy: '1.26.4', torch: '2.1.0+cpu', pre: '2.0rc1' };
    assert.equal(unmetRequirement(['numpy==1.26.4', 'numpy>=1.20,<2', 'torch==2.1.0'], installed), undefined);
    assert.match(unmetRequirement(['numpy==1.26.5'], installed)!, /1\.26\.4 is installed/);
    assert.match(unmetRequirement(['scipy'], installed)!, /not installed/);
    assert.match(unmetRequirement(['constructor'], installed)!, /not installed/);
    assert.match(unmetRequirement(['numpy[x]'], installed)!, /cannot be told/);
    assert.match(unmetRequirement(['numpy ; os_name=="nt"'], installed)!, /cannot be told/);
    assert.match(unmetRequirement(['pre>=1'], installed)!, /2\.0rc1 is installed/);
  });
});
