import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { EventBody, PlatformEvent, type EventKind } from '../../../schemas/events.ts';
import { english, textsOf } from '../../../schemas/texts.ts';
import { eventSubject, eventText } from '../../../src/views/event-text.ts';

const translated = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(packageRoot, 'l10n', 'bundle.l10n.zh-cn.json'), 'utf8')));
const chinese = textsOf(translated);
const version = { task: 'digits', version: 'v2' };
const replica = { ...version, replica: 'digits-v2-5f3a91c0-r0' };
const reason = { code: 'cannot_place', message: 'no node has room: 8 CPUs' };
const split = { weights: { v1: 80, v2: 20 }, text: 'v1=80 v2=20' };
const why = { cause: { kind: 'concurrency', inFlight: 41, target: 8, windowMs: 6_000 } };
const scaled = { ...version, reason: '3 -> 5: 41 in flight over 6 s, target 8', inputs: {} };

/** One of each kind. */
const bodies: Readonly<Record<EventKind, object>> = {
  'platform.started': { version: '0.1.0' },
  'platform.stopping': {},
  'engine.away': { reason },
  'engine.back': {},
  'state.damaged': { file: 'digits.json', reason },
  'task.created': { task: 'digits' },
  'task.deleted': { task: 'digits' },
  'task.state': { task: 'digits', state: 'failed', reason },
  'version.created': { ...version, name: 'alpha' },
  'version.state': { ...version, state: 'starting' },
  'version.progress': { ...version, text: 'collecting numpy' },
  'rollout.step': { ...version, from: 'v1', ready: 1, wanted: 2, share: 50, waits: reason, text: '1 of 2' },
  'rollout.returned': { ...version, to: 'v1', reason },
  'replica.state': { ...replica, state: 'placing', node: null, reason },
  'replica.exited': { ...replica, code: null, signal: 'SIGKILL', restartInMs: 500 },
  'replica.ejected': { ...replica, until: 1_000, times: 1, reason },
  'replica.readmitted': replica,
  'split.changed': { task: 'digits', ...split },
  'mirror.mismatch': { ...version, request: 'r1', statuses: [200, 200], count: 3 },
  'fault.injected': { replica: replica.replica, fault: 'kill' },
  'node.state': { node: 'node-1', state: 'lost' },
  'request.quarantined': { ...version, input: 'abc', workers: 2 },
  scaled: { ...scaled, from: 3, to: 5, why },
  'scaling.held': { ...scaled, replicas: 3, why },
};
const eventOf = (kind: EventKind, more: object = {}): PlatformEvent =>
  PlatformEvent.parse({ seq: 1, at: 1_000, body: { kind, ...bodies[kind], ...more } });

describe('an event in the view of them', () => {
  it('is a sentence in the language of the editor, whatever its kind', () => {
    assert.equal(EventBody.options.length, Object.keys(bodies).length);
    for (const kind of Object.keys(bodies) as EventKind[]) {
      const event = eventOf(kind);
      for (const l10n of [english, chinese]) {
        const text = eventText(event, l10n);
        assert.doesNotMatch(text, /\{\d\}|undefined|\[object/, kind);
        assert.doesNotMatch(text, new RegExp(kind.includes('.') ? kind.replace('.', '\\.') : '^scaled'), kind);
      }
      // What an installer says is left in its words.
      if (kind !== 'version.progress') assert.match(eventText(event, chinese), /\p{Script=Han}/u, kind);
    }
  });

  it('tells why in the sentence of the code, with the platform’s own words after it', () => {
    const event = eventOf('replica.state');
    assert.equal(eventText(event, english), 'placing: no node has room: 8 CPUs');
    assert.equal(
      eventText(event, chinese),
      `${translated['placing']!}: ${translated['No node has room for the replica.']!} no node has room: 8 CPUs`,
    );
    assert.equal(eventSubject(event, english), 'digits v2 r0');
  });

  it('tells a decision from its parts, and one of a platform from before those as that wrote it', () => {
    assert.equal(eventText(eventOf('scaled'), english), '3 → 5: 41 in flight over 6 s, target 8');
    assert.equal(eventText(eventOf('scaled', { why: undefined }), chinese), '3 → 5: 41 in flight over 6 s, target 8');
    assert.match(eventText(eventOf('scaled'), chinese), /^3 → 5: 6 秒内/);
  });
});
