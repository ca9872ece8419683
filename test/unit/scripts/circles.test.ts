// Circles of files: the import that closes one is named with all of it.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findFileCircles } from '../../../scripts/check/circles.ts';

const file = (path: string, ...imports: string[]): { path: string; text: string } => ({
  path,
  text: imports.map((specifier) => `import type { x } from '${specifier}';\n`).join(''),
});

describe('circles of files', () => {
  it('are named once, also where only types go round', () => {
    const files = [
      file('src/app.ts', './commands/logs.ts'),
      file('src/commands/logs.ts', './choose.ts', 'node:fs'),
      file('src/commands/choose.ts', '../app.ts'),
      file('src/extension.ts', './app.ts'),
    ];
    assert.deepEqual(findFileCircles(files), [
      'files import in a circle: src/app.ts -> src/commands/logs.ts -> src/commands/choose.ts -> src/app.ts',
    ]);
  });

  it('are not what two ways to one file make', () => {
    assert.deepEqual(findFileCircles([file('a.ts', './b.ts', './c.ts'), file('b.ts', './c.ts'), file('c.ts')]), []);
  });
});
