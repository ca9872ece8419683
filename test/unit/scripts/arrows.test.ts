// Import arrows: what the table does not allow is named with its place.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findCycles, findForbiddenArrows, unitOf } from '../../../scripts/check/arrows.ts';
import { importsOf } from '../../../scripts/check/imports.ts';

const check = (path: string, text: string): readonly string[] => findForbiddenArrows([{ path, text }]);

describe('import arrows', () => {
  it('allow what the table has', () => {
    assert.deepEqual(check('emulator/gateway/a.ts', "import { x } from '../router/table.ts';"), []);
    assert.deepEqual(check('emulator/gateway/deep/a.ts', "import { x } from '../../link/frame.ts';"), []);
    assert.deepEqual(check('emulator/main.ts', "import { x } from './engine/engine.ts';"), []);
    assert.deepEqual(check('schemas/a.ts', "import { z } from 'zod';"), []);
    assert.deepEqual(check('emulator/router/a.ts', "import { x } from './table.ts';"), []);
  });

  it('name an arrow that the table has not, with file and line', () => {
    const problems = check(
      'emulator/gateway/a.ts',
      "import fs from 'node:fs';\nimport { x } from '../controller/api.ts';",
    );
    assert.deepEqual(problems, ['emulator/gateway/a.ts:2: emulator/gateway may not import emulator/controller']);
  });

  it('are the same for re-exports, dynamic imports and types', () => {
    for (const text of [
      "export { x } from '../engine/engine.ts';",
      "const x = await import('../engine/engine.ts');",
      "import type { x } from '../engine/engine.ts';",
      "let x: import('../engine/engine.ts').Engine;",
      "import '../engine/engine.ts';",
    ]) {
      assert.equal(check('emulator/gateway/a.ts', text).length, 1, text);
    }
  });

  it('let the controller have the types of an engine and nothing else of it', () => {
    assert.deepEqual(check('emulator/controller/a.ts', "import type { Engine } from '../engine/engine.ts';"), []);
    assert.deepEqual(check('emulator/controller/a.ts', "import { type Engine } from '../engine/engine.ts';"), []);
    assert.equal(check('emulator/controller/a.ts', "import { type E, make } from '../engine/engine.ts';").length, 1);
  });

  it('keep zod alone in the schemas, and vscode and express where they belong', () => {
    assert.equal(check('schemas/a.ts', "import express from 'express';").length, 1);
    assert.equal(check('schemas/a.ts', "import fs from 'node:fs';").length, 1);
    assert.equal(check('emulator/client/a.ts', "import * as vscode from 'vscode';").length, 1);
    assert.equal(check('emulator/gateway/a.ts', "import express from 'express';").length, 1);
    assert.deepEqual(check('emulator/controller/a.ts', "import express from 'express';"), []);
  });

  it('want a row for every folder', () => {
    assert.match(check('emulator/surprise/a.ts', '')[0] ?? '', /no row/);
  });

  it('are not deceived by comments and strings', () => {
    assert.deepEqual(
      check('emulator/gateway/a.ts', "// import '../engine/a.ts'\nconst x = \"import '../engine/a.ts'\";"),
      [],
    );
  });

  it('take the longest unit for a file', () => {
    assert.equal(unitOf('emulator/main.ts'), 'emulator/main');
    assert.equal(unitOf('emulator/gateway/main.ts'), 'emulator/gateway');
    assert.equal(unitOf('schemas/ids.ts'), 'schemas');
    assert.equal(unitOf('emulator/other.ts'), undefined);
  });
});

describe('cycles', () => {
  const graph = (arrows: Record<string, readonly string[]>): ReadonlyMap<string, ReadonlySet<string>> =>
    new Map(Object.entries(arrows).map(([from, to]) => [from, new Set(to)]));

  it('are found once each, whichever node they are entered by', () => {
    assert.deepEqual(findCycles(graph({ b: ['c'], c: ['a'], a: ['b'] })), [['a', 'b', 'c', 'a']]);
    assert.equal(findCycles(graph({ a: ['b'], b: ['a', 'c'], c: ['b'] })).length, 2);
  });

  it('are not where two ways lead to one place', () => {
    assert.deepEqual(findCycles(graph({ a: ['b', 'c'], b: ['d'], c: ['d'] })), []);
  });
});

describe('imports of a file', () => {
  it('are told with their line and whether anything is left of them', () => {
    const text = "import a from 'a';\nimport type { B } from 'b';\nexport * from 'c';\n";
    assert.deepEqual(importsOf('x.ts', text), [
      { specifier: 'a', line: 1, typeOnly: false },
      { specifier: 'b', line: 2, typeOnly: true },
      { specifier: 'c', line: 3, typeOnly: false },
    ]);
  });
});
