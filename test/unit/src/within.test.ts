// Paths of URIs on systems that do not tell them apart by case.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isSamePath, isWithin } from '../../../src/services/within.ts';

describe('a path in a folder', () => {
  it('is found whatever the case of the drive and of names is, on Windows and macOS', () => {
    assert.ok(isWithin('/C:/Services/Digits/digits.py', '/c:/services/digits', 'win32'));
    assert.ok(isWithin('/Volumes/Data/Digits/digits.py', '/volumes/data/digits', 'darwin'));
    assert.ok(!isWithin('/srv/Digits/digits.py', '/srv/digits', 'linux'));
    assert.ok(isSamePath('/c:/services/Digits.py', '/C:/services/digits.py', 'win32'));
    assert.ok(!isSamePath('/srv/Digits.py', '/srv/digits.py', 'linux'));
  });

  it('is not one that only begins with the same letters', () => {
    assert.ok(!isWithin('/srv/digits-two/a.py', '/srv/digits', 'linux'));
    assert.ok(isWithin('/srv/digits', '/srv/digits', 'linux'));
    assert.ok(isWithin('/c:/a.py', '/c:/', 'win32'));
  });
});
