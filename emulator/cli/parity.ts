// In what two platforms differ, from what their engines say of themselves. Pure.
import type { PlatformView } from '../../schemas/api.ts';
import type { FaultSupport } from '../../schemas/faults.ts';
import type { Target } from '../../schemas/target.ts';
import { TraitTopic, type Traits } from '../../schemas/traits.ts';

export interface PlatformFacts {
  readonly name: string;
  readonly platform: Pick<PlatformView, 'version' | 'engine'>;
  readonly traits: Traits;
  readonly faults: FaultSupport;
  /** undefined where the platform does not know. */
  readonly target: Target | undefined;
}

export interface ParityRow {
  readonly topic: string;
  readonly here: string;
  readonly there: string;
}

/** All topics; those that differ are the report. */
export function compareFacts(here: PlatformFacts, there: PlatformFacts): readonly ParityRow[] {
  const row = (topic: string, read: (facts: PlatformFacts) => string): ParityRow => ({
    topic,
    here: read(here),
    there: read(there),
  });
  const ofTarget = (topic: string, read: (target: Target) => string): ParityRow =>
    row(topic, ({ target }) => (target === undefined ? 'not known' : read(target)));
  return [
    row('Slipway', ({ platform }) => platform.version),
    row('engine', ({ platform }) => platform.engine),
    ofTarget('Python', ({ python }) => list(python.map(minor))),
    ofTarget('system', ({ system, machine }) => `${system} ${machine}`),
    ofTarget('CUDA', ({ cuda }) => cuda ?? 'no GPU'),
    ...TraitTopic.options.map((topic) => row(topic, ({ traits }) => traits[topic])),
    row('faults in rehearsals', ({ faults }) => list(faultsOf(faults))),
  ];
}

export function differing(rows: readonly ParityRow[]): readonly ParityRow[] {
  return rows.filter(({ here, there }) => here !== there);
}

function faultsOf({ replica, node, platform, refused }: FaultSupport): readonly string[] {
  const all = [...replica, ...node.map((kind) => `${kind} a node`), ...platform];
  return refused === undefined ? all : [];
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : [...new Set(values)].join(', ');
}
