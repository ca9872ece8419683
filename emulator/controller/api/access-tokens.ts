// The tokens of a platform: who bears which, compared without telling anything by time, stored as hashes only.
import { createHash, timingSafeEqual } from 'node:crypto';
import { TokenId, TokenText, type CreateToken, type Identity, type NewToken } from '../../../schemas/access.ts';
import type { TokenRecord, TokenView } from '../../../schemas/access.ts';
import { SlipwayError } from '../../common/errors.ts';
import { randomHex } from '../../common/random.ts';
import { Serial } from '../serial.ts';

/** Where the records are kept: a file, or a secret of the cluster. */
export interface TokenKeep {
  load(): Promise<readonly TokenRecord[]>;
  save(records: readonly TokenRecord[]): Promise<void>;
}

export interface AccessTokensOptions {
  readonly keep: TokenKeep;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A token of this process's life alone, with all rights: that of the user who started it. */
  readonly own?: string;
}

const dayMs = 86_400_000;
const maxTokens = 1000;
/** Compared with when there is no record of the id, so that this takes as long. */
const nobody = '0'.repeat(64);

export class AccessTokens {
  readonly #options: AccessTokensOptions;
  readonly #own: string | undefined;
  readonly #serial = new Serial();
  #records: ReadonlyMap<TokenId, TokenRecord> = new Map();

  constructor(options: AccessTokensOptions) {
    this.#options = options;
    this.#own = options.own === undefined ? undefined : sha256(options.own);
  }

  /** @throws SlipwayError state_corrupt */
  async start(): Promise<void> {
    this.replace(await this.#options.keep.load());
  }

  /** Takes over records that were changed elsewhere; those who hold a token that is gone are strangers at once. */
  replace(records: readonly TokenRecord[]): void {
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  /** @throws SlipwayError unauthorized */
  identify(token: string): Identity {
    const given = sha256(token);
    if (this.#own !== undefined && equal(given, this.#own)) return { name: 'local', role: 'admin' };
    const record = this.#records.get((idOf(token) ?? '') as TokenId);
    if (!equal(given, record?.sha256 ?? nobody) || record === undefined) {
      throw new SlipwayError('unauthorized', 'The token is not one of this platform, or was revoked.');
    }
    if (record.expiresAt !== null && record.expiresAt <= this.#options.now()) {
      const when = new Date(record.expiresAt).toISOString();
      throw new SlipwayError('unauthorized', `The token "${record.name}" expired at ${when}.`, {
        hint: 'Ask an administrator of the platform for a new one, and use it with `slipway login`.',
      });
    }
    return { name: record.name, role: record.role };
  }

  list(): TokenView[] {
    return [...this.#records.values()].map(viewOf);
  }

  /** @throws SlipwayError state_conflict at 1,000 tokens; why it could not be stored */
  create({ name, role, days }: CreateToken): Promise<NewToken> {
    return this.#serial.run(async () => {
      const records = [...this.#records.values()];
      if (records.length >= maxTokens) {
        throw new SlipwayError('state_conflict', `There are ${maxTokens} tokens already.`, {
          hint: 'Revoke some that nobody uses.',
        });
      }
      const createdAt = this.#options.now();
      const id = TokenId.parse(randomHex(4));
      const token = TokenText.parse(`slw_${id}_${randomHex(32)}`);
      const expiresAt = days === undefined ? null : createdAt + days * dayMs;
      const record: TokenRecord = { id, name, role, createdAt, expiresAt, sha256: sha256(token) };
      await this.#keep([...records, record]);
      return { ...viewOf(record), token };
    });
  }

  /** @throws SlipwayError token_not_found */
  revoke(id: TokenId): Promise<void> {
    return this.#serial.run(async () => {
      if (!this.#records.has(id)) throw new SlipwayError('token_not_found', `There is no token ${id}.`);
      await this.#keep([...this.#records.values()].filter((record) => record.id !== id));
    });
  }

  async #keep(records: readonly TokenRecord[]): Promise<void> {
    await this.#options.keep.save(records);
    this.replace(records);
  }
}

/** The part of a token that is no secret; undefined when it has not the form of one. */
export function idOf(token: string): string | undefined {
  return TokenText.safeParse(token).success ? token.slice(4, 12) : undefined;
}

function viewOf({ sha256: _, ...view }: TokenRecord): TokenView {
  return view;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Digests have one length, so that the comparison tells nothing of the token, not even how long it is. */
function equal(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
