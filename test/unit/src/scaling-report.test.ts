import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { Decision } from '../../../schemas/dashboard.ts';
import type { ScalingCause, ScalingHold, ScalingWhy } from '../../../schemas/scaling.ts';
import { scalingReason } from '../../../schemas/scaling-text.ts';
import { english, textsOf, type Texts } from '../../../schemas/texts.ts';
import { scalingReportText } from '../../../src/commands/scaling-report.ts';

const translated = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(packageRoot, 'l10n', 'bundle.l10n.zh-cn.json'), 'utf8')));
const at = Date.parse('2026-03-01T10:00:00Z');
const inputs = { current: 3, wanted: 5, concurrency: 41.234, idleMs: 0, stableWindowMs: 6_000, targetConcurrency: 8 };

function decision(seq: number, from: number, to: number | undefined, why: ScalingWhy): Decision {
  const reason = scalingReason(from, to ?? from, why, 'digits');
  return Decision.parse({ seq, at: at + seq * 1_000, version: 'v1', from, to, reason, why, inputs });
}

const causes: readonly ScalingCause[] = [
  { kind: 'max', max: 10 },
  { kind: 'min', min: 1 },
  { kind: 'waiting', requests: 1 },
  { kind: 'waiting', requests: 7 },
  { kind: 'concurrency', inFlight: 41.2, target: 8, windowMs: 6_000 },
  { kind: 'qps', qps: 240, target: 50, windowMs: 120_000 },
  { kind: 'idle', idleMs: 1_800_000 },
  { kind: 'no-data' },
  { kind: 'hand', wasAuto: true },
  { kind: 'hand', wasAuto: false },
];
const holds: readonly ScalingHold[] = [
  { kind: 'max', max: 10 },
  { kind: 'room', short: '8 CPUs' },
  { kind: 'room' },
  { kind: 'start-budget', failed: 3, last: 'exit 1' },
  { kind: 'start-budget', failed: 3 },
  { kind: 'rollout' },
  { kind: 'paused' },
];
const all: readonly ScalingWhy[] = [
  ...causes.map((cause) => ({ cause })),
  ...holds.map((by) => ({ cause: causes[4]!, held: { asked: 12, by } })),
];
const reportOf = (decisions: readonly Decision[], l10n: Texts, language = 'en'): string =>
  scalingReportText({ task: 'digits', decisions, now: at + 60_000, language }, 'digits 1.json', l10n);

describe('why a task has its number of replicas', () => {
  it('is a page of sentences, the newest decision first, with named figures and the data one click away', () => {
    const cause = { kind: 'concurrency', inFlight: 41.234, target: 8, windowMs: 6_000 } as const;
    const text = reportOf(
      [
        decision(0, 3, 5, { cause }),
        decision(1, 5, undefined, { cause, held: { asked: 6, by: { kind: 'room', short: 'node-1 lacks 1 CPU' } } }),
      ],
      english,
    ).replaceAll('\\', '');
    assert.match(text, /^# Why digits has its number of replicas\n/);
    assert.match(text, /\[JSON\]\(digits%201\.json\)/);
    assert.ok(text.indexOf('v1 · stays 5') < text.indexOf('v1 · 3 → 5'));
    assert.match(text, /Over 6\.0 s, 41 requests were there at once on average, waiting and executing\./);
    assert.match(text, /Each replica should have 8 of them\. The load asks for 6 replicas\./);
    assert.match(text, /The nodes have no room for more: node-1 lacks 1 CPU\./);
    assert.match(text, /\| Time over which is averaged \| 6\.0 s \|/);
    assert.match(text, /\| Requests at once, on average \| 41 \|/);
    assert.match(text, /\| Replicas before \| 3 \|/);
    assert.doesNotMatch(text, /stableWindowMs|41\.234|"reason"/);
  });

  it('is whole in English and in Chinese for every cause and everything that holds', () => {
    const decisions = all.map((why, seq) => decision(seq, 3, 5, why));
    const said = new Set<string>();
    const chinese: Texts = {
      t(text, ...values) {
        assert.ok(text in translated, `"${text}" is not translated`);
        said.add(text);
        return textsOf(translated).t(text, ...values);
      },
    };
    for (const l10n of [english, chinese]) assert.doesNotMatch(reportOf(decisions, l10n), /\{\d\}|undefined|NaN/);
    assert.ok(said.size > all.length);
  });

  it('is what the platform wrote, where that is one from before reasons had parts', () => {
    const { why: _, ...old } = decision(0, 1, 2, { cause: { kind: 'max', max: 2 } });
    assert.match(reportOf([{ ...old, reason: '1 -> 2: because' }], english).replaceAll('\\', ''), /1 -> 2: because/);
  });
});
