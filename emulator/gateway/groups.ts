// Which requests may share a batch: those of one protocol and one media type. Shapes are told apart by the worker, which decodes.
import { encodeBatchHead } from '../link/batch-frame.ts';
import type { Protocol } from './error-answer.ts';
import type { TicketGroup } from './ticket.ts';

/** Clients choose content types, so what is remembered is bounded. */
const maxRemembered = 256;

export class TicketGroups {
  readonly #known = { raw: new Map<string, TicketGroup>(), v2: new Map<string, TicketGroup>() };

  /** @param contentType the header as it came, or undefined. */
  of(protocol: Protocol, contentType: string | undefined): TicketGroup {
    const known = this.#known[protocol];
    const given = contentType ?? '';
    let group = known.get(given);
    if (group === undefined) {
      const media = mediaType(contentType);
      group = { key: `${protocol} ${media}`, protocol, head: encodeBatchHead({ kind: protocol, contentType: media }) };
      if (known.size >= maxRemembered) known.clear();
      known.set(given, group);
    }
    return group;
  }
}

/** `Application/JSON; charset=utf-8` → `application/json`. */
function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}
