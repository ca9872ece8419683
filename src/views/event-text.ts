// Events as one line of text each, for the view of them, in the language of the editor.
import type { PlatformEvent } from '../../schemas/events.ts';
import type { Reason } from '../../schemas/errors.ts';
import { reasonText } from '../../schemas/reason-text.ts';
import { scalingText } from '../../schemas/scaling-text.ts';
import type { Texts } from '../../schemas/texts.ts';
import type { AnyState } from './state-icon.ts';

interface Parts {
  readonly task?: string;
  readonly version?: string;
  readonly replica?: string;
  readonly node?: string | null;
}

/** What it is about: `mnist v2 r0`. */
export function eventSubject({ body }: PlatformEvent, l10n: Texts): string {
  const { task, version, replica, node } = body as Parts;
  const parts = [task, version, replica?.split('-').at(-1)].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' ') : (node ?? l10n.t('platform'));
}

/** What happened. */
export function eventText({ body }: PlatformEvent, l10n: Texts): string {
  const because = (reason: Reason | undefined): string =>
    reason === undefined ? '' : `: ${reasonText(reason, l10n).split('\n', 1)[0]!}`;
  switch (body.kind) {
    case 'platform.started':
      return l10n.t('started');
    case 'platform.stopping':
      return l10n.t('stopping');
    case 'engine.away':
      return l10n.t('replicas can neither be started nor looked at') + because(body.reason);
    case 'engine.back':
      return l10n.t('replicas can be started and looked at again');
    case 'state.damaged':
      return l10n.t('the state file {0} was damaged', body.file) + because(body.reason);
    case 'task.created':
      return l10n.t('created');
    case 'version.created':
      return body.name === undefined ? l10n.t('created') : l10n.t('created as {0}', body.name);
    case 'task.deleted':
      return l10n.t('deleted');
    case 'task.state':
    case 'version.state':
    case 'replica.state':
      return l10n.t(body.state) + because(body.reason);
    case 'node.state':
      return l10n.t(body.state);
    case 'version.progress':
      return l10n.t(body.text);
    case 'rollout.step': {
      const { ready, wanted, share, waits, text } = body;
      if (share === undefined) return text;
      const step = l10n.t('{0} of {1} replicas serve, with {2}% of the traffic', ready, wanted, share);
      return waits === undefined ? step : l10n.t('{0}; it waits for room', step) + because(waits);
    }
    case 'rollout.returned':
      return l10n.t('traffic went back to {0}', body.to ?? '–') + because(body.reason);
    case 'replica.exited':
      return l10n.t('ended ({0})', body.signal ?? l10n.t('exit {0}', String(body.code)));
    case 'replica.ejected':
      return l10n.t('gets no requests until {0}', clockTime(body.until)) + because(body.reason);
    case 'replica.readmitted':
      return l10n.t('answers again, and gets its share');
    case 'split.changed':
      return l10n.t('the traffic is split: {0}', body.text);
    case 'mirror.mismatch':
      return l10n.t('answered {0} copies of requests otherwise', body.count);
    case 'fault.injected':
      return l10n.t('a fault was injected: {0}', body.fault);
    case 'request.quarantined':
      return l10n.t('an input killed {0} workers and is executed no more', body.workers);
    case 'scaled':
    case 'scaling.held': {
      const { why, reason, task } = body;
      const numbers = body.kind === 'scaled' ? `${body.from} → ${body.to}` : l10n.t('stays {0}', body.replicas);
      // A platform from before there were the parts of a reason says it in English, after the same numbers.
      const told = why === undefined ? reason.replace(/^\d+ (?:-> \d+|stays): /, '') : scalingText(why, task, l10n);
      return `${numbers}: ${told}`;
    }
  }
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}

/** The state whose icon the event gets. */
export function eventState({ body }: PlatformEvent): AnyState | undefined {
  switch (body.kind) {
    case 'task.state':
    case 'version.state':
    case 'replica.state':
      return body.state;
    case 'engine.away':
    case 'replica.ejected':
    case 'rollout.returned':
      return 'degraded';
    case 'state.damaged':
      return 'failed';
    case 'replica.exited':
      return body.code === 0 ? 'stopped' : 'failed';
    default:
      return undefined;
  }
}
