// Decisions about the number of replicas, out of the events that tell of them. Pure.
import type { Decision } from '../../schemas/dashboard.ts';
import type { PlatformEvent } from '../../schemas/events.ts';

export function decisionsOf(events: readonly PlatformEvent[], task: string): Decision[] {
  return events.flatMap(({ seq, at, body }): Decision[] => {
    if ((body.kind !== 'scaled' && body.kind !== 'scaling.held') || body.task !== task) return [];
    const { version, reason, why, inputs } = body;
    const decision = { seq, at, version, reason, inputs, ...(why === undefined ? {} : { why }) };
    return [
      body.kind === 'scaled' ? { ...decision, from: body.from, to: body.to } : { ...decision, from: body.replicas },
    ];
  });
}
