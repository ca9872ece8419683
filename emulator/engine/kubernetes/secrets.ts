// Every secret of a cluster is derived from one key, which only controllers, gateways and the bundle store have. A pod
// gets two of them, which open its own links and fetch its own bundle and nothing else.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BundleDigest, VersionKey } from '../../../schemas/ids.ts';

export class ClusterSecrets {
  readonly #key: string;

  /** @param key 64 hex digits */
  constructor(key: string) {
    this.#key = key;
  }

  /** Opens the links to the workers of a version. */
  link(key: VersionKey): string {
    return this.#derive(`link|${key}`);
  }

  /** With it a pod of the version signs that it wants this bundle. */
  fetch(key: VersionKey, digest: BundleDigest): string {
    return this.#derive(`fetch|${key}|${digest}`);
  }

  /** By which gateways, controllers and the bundle store know each other. */
  internal(): string {
    return this.#derive('internal');
  }

  #derive(what: string): string {
    return createHmac('sha256', Buffer.from(this.#key, 'hex')).update(what).digest('hex');
  }
}

/** Has the ticket of a fetch. */
export const ticketHeader = 'x-slipway-ticket';
/** A fetch is refused when its time is further from ours than this. */
export const ticketMs = 120_000;

/** What a pod sends to have a bundle: it is good for two minutes and for one bundle. */
export function fetchTicket(secret: string, key: VersionKey, digest: BundleDigest, now: number): string {
  return `${key} ${digest} ${now} ${sign(secret, key, digest, now)}`;
}

/** Whether `ticket` allows to fetch `digest`. */
export function ticketAllows(secrets: ClusterSecrets, ticket: string, digest: BundleDigest, now: number): boolean {
  const [key = '', named, at = '', signature = ''] = ticket.split(' ');
  if (named !== digest || !/^[0-9]{1,15}$/.test(at) || Math.abs(now - Number(at)) > ticketMs) return false;
  const expected = sign(secrets.fetch(key as VersionKey, digest), key, digest, Number(at));
  return sameText(signature, expected);
}

export function sameText(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHmac('sha256', 'compare').update(text).digest());
  return timingSafeEqual(a!, b!);
}

function sign(secret: string, key: string, digest: string, at: number): string {
  return createHmac('sha256', secret).update(`${key} ${digest} ${at}`).digest('hex');
}
