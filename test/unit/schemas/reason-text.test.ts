import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { checkTitles } from '../../../schemas/doctor.ts';
import { errorTable } from '../../../schemas/errors.ts';
import { hintText, reasonText } from '../../../schemas/reason-text.ts';
import { english, textsOf } from '../../../schemas/texts.ts';

const translated = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(packageRoot, 'l10n', 'bundle.l10n.zh-cn.json'), 'utf8')));
const chinese = textsOf(translated);
const inChinese = (text: string): boolean => /\p{Script=Han}/u.test(translated[text] ?? '');

/** Advice that is no more than a text, in the parts of the platform whose errors reach an editor, and in doctor. */
function plainHints(): string[] {
  const folders = ['bundle', 'client', 'common', 'controller', 'docker', 'engine', 'platform'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(packageRoot, 'emulator', folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path)),
  );
  return [...files, join('cli', 'doctor-checks.ts'), join('cli', 'gpu-findings.ts')]
    .map((path) => readFileSync(join(packageRoot, 'emulator', path), 'utf8'))
    .flatMap((text) => [...text.matchAll(/\b(?:hint:|(?:hint|fix) =)\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)])
    .map(([, single, double]) => (single ?? double!).replace(/\\(.)/g, '$1'));
}

describe('what a reason says in the language of the editor', () => {
  it('has a sentence and an advice in Chinese for every code', () => {
    for (const [code, { meaning, hint }] of Object.entries(errorTable)) {
      assert.ok(inChinese(meaning), `${code}: "${meaning}" is not translated`);
      assert.ok(inChinese(hint), `${code}: "${hint}" is not translated`);
    }
  });

  it('has the other advice of the platform, and what doctor looks at, in Chinese', () => {
    const hints = plainHints();
    assert.ok(hints.length > 40);
    for (const text of [...hints, ...Object.values(checkTitles)]) {
      if (text !== 'GPU') assert.ok(inChinese(text), `"${text}" is not translated`);
    }
  });

  it('has the steps of long work that name nothing in Chinese', () => {
    const folder = join(packageRoot, 'emulator', 'cli');
    const steps = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(folder, path), 'utf8'))
      .flatMap((text) => [...text.matchAll(/\bprogress\.(?:step|tick)\('([^']+)'/g)].map(([, step]) => step!));
    assert.ok(steps.length > 15);
    for (const step of steps) assert.ok(inChinese(step), `"${step}" is not translated`);
  });

  it('is the platform’s own words in English, and the sentence of the code before them in Chinese', () => {
    const { meaning, hint } = errorTable.cannot_place;
    const reason = { code: 'cannot_place', message: 'no node has room: it needs 8 CPUs', hint } as const;
    assert.equal(reasonText(reason, english), reason.message);
    assert.equal(reasonText(reason, chinese), `${translated[meaning]!} ${reason.message}`);
    assert.equal(hintText(reason, english), hint);
    assert.equal(hintText(reason, chinese), translated[hint]);
    assert.equal(hintText({ ...reason, hint: 'Ask Ada.' }, chinese), 'Ask Ada.');
    // Said once, where the platform has nothing to add.
    assert.equal(reasonText({ ...reason, message: meaning }, chinese), translated[meaning]);
  });
});
