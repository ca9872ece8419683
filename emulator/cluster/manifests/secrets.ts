// The secrets of an installation, made once: the key from which all others follow, the certificate, and the first token.
import { createHash } from 'node:crypto';
import { namespaceObject } from './objects.ts';

export interface SecretOptions {
  readonly namespace: string;
  /** In PEM. */
  readonly cert: string;
  readonly tlsKey: string;
  /** 32 random bytes in hex. */
  readonly key: string;
  /** 4 random bytes in hex. */
  readonly tokenId: string;
  /** 32 random bytes in hex. */
  readonly tokenSecret: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function secretObjects(options: SecretOptions): { readonly objects: readonly object[]; readonly token: string } {
  const { namespace, cert, tlsKey, key, tokenId, now } = options;
  const token = `slw_${tokenId}_${options.tokenSecret}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  const tokens = [{ id: tokenId, name: 'admin', role: 'admin', createdAt: now, expiresAt: null, sha256 }];
  const secret = (name: string, stringData: object, type = 'Opaque'): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type,
    stringData,
  });
  return {
    token,
    objects: [
      namespaceObject(namespace),
      secret('slipway-tls', { 'tls.crt': cert, 'tls.key': tlsKey }, 'kubernetes.io/tls'),
      secret('slipway-key', { key }),
      secret('slipway-tokens', { tokens: JSON.stringify({ tokens }) }),
    ],
  };
}
