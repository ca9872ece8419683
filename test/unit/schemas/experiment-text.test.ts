import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import type { ExperimentView } from '../../../schemas/experiment.ts';
import { experimentText } from '../../../schemas/experiment-text.ts';
import { english, textsOf } from '../../../schemas/texts.ts';

const chinese = textsOf(
  z
    .record(z.string(), z.string())
    .parse(JSON.parse(readFileSync(join(packageRoot, 'l10n', 'bundle.l10n.zh-cn.json'), 'utf8'))),
);
type Shown = Parameters<typeof experimentText>[0];
const compared = (version: string, outcomesNeeded: number | null): ExperimentView['comparisons'][number] =>
  ({ version, outcomesNeeded }) as ExperimentView['comparisons'][number];
const shown = (baseline: string | null, winner: string | null, ...needed: (number | null)[]): Shown =>
  ({ baseline, winner, comparisons: needed.map((one, index) => compared(`v${String(index + 2)}`, one)) }) as Shown;

describe('what an experiment shows', () => {
  it('is one sentence in the language of whoever reads it, with the names by which versions are shown', () => {
    const views = [
      shown(null, null),
      shown('v1', 'v1', null, null),
      shown('v1', 'v2', null),
      shown('v1', null, null),
      shown('v1', null, 0),
      shown('v1', null, 120, 80),
    ];
    assert.deepEqual(
      views.slice(1, 3).map((view) => experimentText(view, english)),
      ['v1 is better than v2 and v3.', 'v2 is better than v1.'],
    );
    assert.match(experimentText(views[5]!, english), /about 120 more outcomes/);
    for (const view of views) assert.match(experimentText(view, chinese), /^[^A-Za-z]*(?:v\d[^A-Za-z]*)*$/);
    assert.equal(
      experimentText(views[2]!, english, (id) => `${id} [model]`),
      'v2 [model] is better than v1 [model].',
    );
  });
});
