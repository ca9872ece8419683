// Requests with the same key go to the same version: weighted rendezvous hashing, the same in every gateway, with no memory.
//
// Each seat of the split draws, for each key, the time of an event that comes at a rate of its weight; the earliest wins. So
// each seat wins its share of the keys, and the draws do not depend on the weights: when a weight rises, keys only come to
// that seat, when it falls they only leave it, and with two seats, or one weight changed, exactly as many move as the shares
// differ. (When several change at once, at most 2d/(1+d) move for shares that differ by d: no scheme without memory does
// better; Bavarian, Ghazi, Haramaty, Kamath, Rivest, Sudan 2016, "The optimality of correlated sampling".)
// Within the seat of a rolling update the versions draw once more, so an update moves the keys of its own seat only.
import type { IncomingHttpHeaders } from 'node:http';
import type { VersionId } from '../../schemas/ids.ts';
import type { StickyKey } from '../../schemas/split.ts';
import type { SplitEntry } from './table.ts';

/** Longer keys are cut: they come from clients. */
const maxKeyLength = 1024;

interface Candidate {
  readonly seed: number;
  readonly weight: number;
}

interface SeatChoice extends Candidate {
  readonly versions: readonly (Candidate & { readonly version: VersionId })[];
}

/** Chooses versions by key; made once for each route table. */
export class StickyChoice {
  readonly #salt: number;
  readonly #seats: readonly SeatChoice[];

  constructor(split: readonly SplitEntry[], salt: string) {
    this.#salt = hash(salt, 0);
    const seats = new Map<string, SplitEntry[]>();
    for (const entry of split) {
      if (entry.weight <= 0) continue;
      const seat = entry.seat ?? entry.version;
      seats.set(seat, [...(seats.get(seat) ?? []), entry]);
    }
    this.#seats = [...seats].map(([seat, entries]) => ({
      seed: this.#seed(`seat ${seat}`),
      weight: entries.reduce((sum, { weight }) => sum + weight, 0),
      versions: entries.map(({ version, weight }) => ({ version, weight, seed: this.#seed(`version ${version}`) })),
    }));
  }

  /** Undefined when no version has a share. */
  of(key: string): VersionId | undefined {
    const keyed = hash(key.length > maxKeyLength ? key.slice(0, maxKeyLength) : key, this.#salt);
    const seat = earliest(this.#seats, keyed);
    return seat === undefined ? undefined : earliest(seat.versions, keyed)?.version;
  }

  #seed(name: string): number {
    return hash(name, this.#salt);
  }
}

function earliest<One extends Candidate>(candidates: readonly One[], key: number): One | undefined {
  if (candidates.length < 2) return candidates[0];
  let best: One | undefined;
  let bestAt = Infinity;
  for (const candidate of candidates) {
    const at = -Math.log((mix(key, candidate.seed) + 0.5) / 2 ** 32) / candidate.weight;
    if (at >= bestAt) continue;
    bestAt = at;
    best = candidate;
  }
  return best;
}

/** FNV-1a over the code units, then mixed. */
function hash(text: string, seed: number): number {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    value = Math.imul(value ^ (unit & 0xff), 0x01000193);
    value = Math.imul(value ^ (unit >>> 8), 0x01000193);
  }
  return mix(value >>> 0, 0x9e3779b9);
}

/** Two rounds of MurmurHash3's finalizer (Austin Appleby, public domain): every bit of both depends on every bit. */
function mix(one: number, other: number): number {
  let value = one ^ other;
  for (let round = 0; round < 2; round++) {
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    value = (value ^ (value >>> 16)) + Math.imul(other, 0x27d4eb2f);
  }
  return value >>> 0;
}

/** The sticky key of a request; undefined when it has none. */
export function keyOfRequest(by: StickyKey, headers: IncomingHttpHeaders, url: string): string | undefined {
  switch (by.by) {
    case 'header': {
      const value = headers[by.name];
      return present(Array.isArray(value) ? value.join(', ') : value);
    }
    case 'cookie':
      return present(cookie(headers.cookie, by.name));
    case 'query': {
      const at = url.indexOf('?');
      return at < 0 ? undefined : present(new URLSearchParams(url.slice(at + 1)).get(by.name) ?? undefined);
    }
  }
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** RFC 6265: `a=1; b="2"`. */
function cookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    return pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
