// Who may do what on a platform: roles, tokens as they are stored and shown, and what a caller is told of itself.
import { z } from 'zod';
import { Timestamp } from './ids.ts';

/** Each may do what those before it may: look; publish and control tasks; manage tokens and the platform itself. */
export const Role = z.enum(['viewer', 'publisher', 'admin']);
export type Role = z.infer<typeof Role>;

export const TokenId = z
  .string()
  .regex(/^[0-9a-f]{8}$/)
  .brand<'TokenId'>();
export type TokenId = z.infer<typeof TokenId>;

/** What a token is for, in the owner's words. */
export const TokenName = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/, 'use 1 to 64 of a-z, 0-9, ".-_"');

/** `slw_<id>_<secret>`: the id says which record to compare with, the secret has 256 random bits. */
export const TokenText = z.string().regex(/^slw_[0-9a-f]{8}_[0-9a-f]{64}$/);

export const TokenView = z.object({
  id: TokenId,
  name: TokenName,
  role: Role,
  createdAt: Timestamp,
  /** Null: it does not expire. */
  expiresAt: Timestamp.nullable(),
});
export type TokenView = z.infer<typeof TokenView>;

/** A token as it is stored: the SHA-256 of its text in hex, never the text. Guessing 256 bits needs no slower hash. */
export const TokenRecord = TokenView.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type TokenRecord = z.infer<typeof TokenRecord>;

export const TokenRecords = z.object({ tokens: z.array(TokenRecord).max(1000) });

export const CreateToken = z.strictObject({
  name: TokenName,
  role: Role,
  /** Days until it expires; left out: it does not. */
  days: z.int().min(1).max(3650).optional(),
});
export type CreateToken = z.infer<typeof CreateToken>;

/** The only answer that ever holds the text of a token. */
export const NewToken = TokenView.extend({ token: TokenText });
export type NewToken = z.infer<typeof NewToken>;

export const TokenList = z.object({ tokens: z.array(TokenView) });

/** Who a token makes its bearer. */
export const Identity = z.object({ name: z.string(), role: Role });
export type Identity = z.infer<typeof Identity>;
