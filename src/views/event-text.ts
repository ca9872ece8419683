// Events as one line of text each, for the view of them.
import { l10n } from 'vscode';
import type { PlatformEvent } from '../../schemas/events.ts';
import type { AnyState } from './state-icon.ts';

interface Parts {
  readonly kind: string;
  readonly task?: string;
  readonly version?: string;
  readonly replica?: string;
  readonly node?: string | null;
  readonly state?: string;
  readonly text?: string;
  readonly reason?: unknown;
}

/** What it is about: `mnist v2 r0`. */
export function eventSubject({ body }: PlatformEvent): string {
  const { task, version, replica, node } = body as Parts;
  const parts = [task, version, replica?.split('-').at(-1)].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' ') : (node ?? l10n.t('platform'));
}

/** What happened. Kinds that say nothing of their own are shown by their name and text. */
export function eventText({ body }: PlatformEvent): string {
  const { kind, state, text, reason } = body as Parts;
  const why = reasonOf(reason);
  const because = why === undefined ? '' : `: ${why}`;
  switch (body.kind) {
    case 'platform.started':
      return l10n.t('started');
    case 'platform.stopping':
      return l10n.t('stopping');
    case 'task.created':
    case 'version.created':
      return l10n.t('created');
    case 'task.deleted':
      return l10n.t('deleted');
    case 'rollout.returned':
      return l10n.t('traffic went back to {0}', body.to ?? '–') + because;
    case 'replica.exited':
      return l10n.t('ended ({0})', body.signal ?? l10n.t('exit {0}', String(body.code)));
    case 'scaled':
      // The reason begins with the same numbers.
      return `${body.from} → ${body.to}${because.replace(/^: \d+ -> \d+: /, ': ')}`;
    default:
      return (
        [
          state === undefined ? undefined : l10n.t(state),
          text,
          ...(state === undefined && text === undefined ? [kind] : []),
        ]
          .filter(Boolean)
          .join(' · ') + because
      );
  }
}

/** The state whose icon the event gets. */
export function eventState({ body }: PlatformEvent): AnyState | undefined {
  switch (body.kind) {
    case 'task.state':
    case 'version.state':
    case 'replica.state':
      return body.state;
    case 'rollout.returned':
      return 'degraded';
    case 'replica.exited':
      return body.code === 0 ? 'stopped' : 'failed';
    default:
      return undefined;
  }
}

function reasonOf(reason: unknown): string | undefined {
  if (typeof reason === 'string') return reason.split('\n')[0];
  const message = (reason as { message?: string } | undefined)?.message;
  return message?.split('\n')[0];
}
