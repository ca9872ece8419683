import assert from 'node:assert/strict';
import { posix, win32, type PlatformPath } from 'node:path';
import { describe, it } from 'mocha';
import { asArgument, programBehind } from '../../../scripts/electron/program.ts';

const found = (named: string, paths: PlatformPath, ...files: string[]): string =>
  programBehind(named, (path) => files.includes(path), paths);

describe('the program of a desktop VS Code', () => {
  it('is what was named, where that is a program', () => {
    const windows = 'C:\\Program Files\\Microsoft VS Code\\Code.exe';
    const mac = '/Applications/Visual Studio Code.app/Contents/MacOS/Electron';
    assert.equal(found(windows, win32, windows), windows);
    assert.equal(found(mac, posix, mac), mac);
    assert.equal(found('/usr/share/code/code', posix, '/usr/share/code/code'), '/usr/share/code/code');
    assert.equal(found('/usr/bin/codium', posix, '/usr/bin/codium'), '/usr/bin/codium');
  });

  it('is beside the folder of a launcher, which ends before the suites begin', () => {
    const launched = (bin: string, program: string, paths: PlatformPath): void =>
      assert.equal(found(bin, paths, bin, program), program);
    launched('/usr/share/code/bin/code', '/usr/share/code/code', posix);
    launched('/usr/share/code-insiders/bin/code-insiders', '/usr/share/code-insiders/code-insiders', posix);
    launched('D:\\VS Code\\bin\\code.cmd', 'D:\\VS Code\\Code.exe', win32);
    launched('D:\\Insiders\\bin\\code-insiders.cmd', 'D:\\Insiders\\Code - Insiders.exe', win32);
  });

  it('is in the app of a Mac, whatever it is called there', () => {
    const app = '/Applications/Visual Studio Code.app';
    for (const program of ['Code', 'Electron'].map((name) => `${app}/Contents/MacOS/${name}`)) {
      assert.equal(found(app, posix, program), program);
      assert.equal(found(`${app}/Contents/Resources/app/bin/code`, posix, program), program);
      // As a download is said to be.
      assert.equal(found(`${app}/Contents/MacOS/Electron`, posix, program), program);
    }
  });

  it('is given a path with spaces as one argument by the shell of Windows, and as it is elsewhere', () => {
    assert.equal(asArgument('C:\\Temp of Jo\\work', 'win32'), '"C:\\Temp of Jo\\work"');
    assert.equal(asArgument('/tmp/a b', 'darwin'), '/tmp/a b');
  });
});
