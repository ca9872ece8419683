// Tokens in the secret `slipway-tokens`, which every controller follows: a revoked one is a stranger at once, wherever.
import { z } from 'zod';
import { KubeObject } from '../../schemas/cluster.ts';
import { TokenRecords, type TokenRecord } from '../../schemas/access.ts';
import { SlipwayError } from '../common/errors.ts';
import type { TokenKeep } from '../controller/api/access-tokens.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { paths } from '../engine/kubernetes/names.ts';

export const tokenSecretName = 'slipway-tokens';
export const TokenSecret = KubeObject.extend({ data: z.record(z.string(), z.string()).nullish() });

/** @throws SlipwayError state_corrupt */
export function recordsOf(secret: z.infer<typeof TokenSecret>): readonly TokenRecord[] {
  const encoded = secret.data?.['tokens'];
  if (encoded === undefined) return [];
  try {
    return TokenRecords.parse(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))).tokens;
  } catch (error) {
    throw new SlipwayError('state_corrupt', `The secret ${tokenSecretName} is damaged.`, { cause: error });
  }
}

export function tokenSecret(api: KubeApi): TokenKeep {
  const path = `${paths(api.namespace).secrets}/${tokenSecretName}`;
  return {
    async load() {
      const secret = await api.get(path);
      return secret === undefined ? [] : recordsOf(TokenSecret.parse(secret));
    },
    async save(tokens) {
      const metadata = { name: tokenSecretName, namespace: api.namespace };
      const data = { tokens: Buffer.from(JSON.stringify({ tokens })).toString('base64') };
      await api.apply(path, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    },
  };
}
