// Sockets lie where their paths are short enough, in a folder of the user alone.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { SocketFolder } from '../../../../emulator/engine/local/socket-folder.ts';

describe('SocketFolder', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const homeAt = (folder: string): { root: string; run: string } => {
    mkdirSync(folder, { recursive: true });
    return { root: folder, run: join(folder, 'run') };
  };

  it('is the run folder of the home when that is short, private to the user', () => {
    const sockets = new SocketFolder(homeAt(root));
    const path = sockets.next();
    assert.equal(dirname(path), join(root, 'run'));
    assert.notEqual(path, sockets.next());
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  });

  for (const [what, part] of [
    ['longer than 260 characters', 'x'.repeat(200)],
    ['in Unicode, with spaces', 'ü 漢'.repeat(20)],
  ] as const) {
    it(`F30 is a short private folder when the home is ${what}, and goes at the end`, () => {
      const sockets = new SocketFolder(homeAt(join(root, part, part)), root);
      const path = sockets.next();
      assert.ok(Buffer.byteLength(path) < 104, path);
      assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
      writeFileSync(path, '');
      sockets.close();
      assert.ok(!existsSync(dirname(path)));
    });
  }

  it('does not use a folder of that name which others can open', () => {
    const home = homeAt(join(root, 'x'.repeat(100)));
    const first = new SocketFolder(home, root);
    rmSync(first.path, { recursive: true });
    mkdirSync(first.path, { mode: 0o755 });
    assert.notEqual(new SocketFolder(home, root).path, first.path);
  });

  it('sweeps sockets of earlier engines and nothing else', () => {
    const home = homeAt(root);
    const earlier = new SocketFolder(home).next();
    const sockets = new SocketFolder(home);
    const own = sockets.next();
    for (const path of [earlier, own, join(home.run, 'notes.txt')]) writeFileSync(path, '');
    sockets.sweep();
    assert.deepEqual(existsSync(earlier), false);
    assert.deepEqual(existsSync(own), true);
    sockets.close();
    assert.deepEqual(readdirSync(home.run), ['notes.txt']);
  });

  it('F26 sweeps folders of sockets too, which a killed platform leaves, but for those that are kept, and these go at the end', () => {
    const home = homeAt(root);
    const earlier = new SocketFolder(home);
    const [left, kept] = [earlier.next(), earlier.next()];
    for (const folder of [left, kept]) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'w'), '');
    }
    const sockets = new SocketFolder(home);
    sockets.sweep([kept]);
    assert.deepEqual([existsSync(left), existsSync(kept)], [false, true]);
    assert.notEqual(sockets.next(), kept);
    sockets.close();
    assert.deepEqual(readdirSync(home.run), []);
  });
});
