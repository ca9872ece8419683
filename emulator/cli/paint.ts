// How states look in a terminal: shape first, then colour, so that they are told apart without colour.
import type { ReplicaState, TaskState, VersionState } from '../../schemas/tasks.ts';

export type AnyState = TaskState | VersionState | ReplicaState;
export type Tone = 'good' | 'warning' | 'bad' | 'quiet' | 'busy' | 'plain';

interface Look {
  readonly symbol: string;
  readonly tone: Tone;
}

const looks: Readonly<Record<AnyState, Look>> = {
  placing: { symbol: '◌', tone: 'busy' },
  starting: { symbol: '◌', tone: 'busy' },
  loading: { symbol: '◌', tone: 'busy' },
  preparing: { symbol: '◌', tone: 'busy' },
  deploying: { symbol: '◌', tone: 'busy' },
  ready: { symbol: '✔', tone: 'good' },
  active: { symbol: '✔', tone: 'good' },
  degraded: { symbol: '▲', tone: 'warning' },
  failed: { symbol: '✖', tone: 'bad' },
  lost: { symbol: '✖', tone: 'bad' },
  idle: { symbol: '○', tone: 'quiet' },
  stopped: { symbol: '■', tone: 'quiet' },
  paused: { symbol: '‖', tone: 'warning' },
  draining: { symbol: '⊘', tone: 'quiet' },
  retired: { symbol: '⊘', tone: 'quiet' },
};

/** Select Graphic Rendition codes (ECMA-48). */
const codes: Readonly<Record<Tone, string>> = {
  good: '32',
  warning: '33',
  bad: '31',
  quiet: '90',
  busy: '36',
  plain: '',
};

export type Paint = (text: string, tone: Tone) => string;

export const noPaint: Paint = (text) => text;
export const ansiPaint: Paint = (text, tone) => (tone === 'plain' ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`);

/** Symbol and word of a state: `✔ ready`. */
export function showState(state: AnyState, paint: Paint): string {
  const { symbol, tone } = looks[state];
  return paint(`${symbol} ${state}`, tone);
}

export function toneOf(state: AnyState): Tone {
  return looks[state].tone;
}
