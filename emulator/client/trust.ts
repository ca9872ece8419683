// How a client reaches a platform: which certificates it trusts, and over which connections a token may go.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SlipwayError } from '../common/errors.ts';

export interface Trust {
  /** Certificate authority, or the certificate itself, in PEM; left out: those that the system trusts. */
  readonly ca?: string | undefined;
}

const maxSockets = 16;

export function agentFor(url: URL, trust: Trust): HttpAgent {
  if (url.protocol !== 'https:') return new HttpAgent({ keepAlive: true, maxSockets });
  return new HttpsAgent({ keepAlive: true, maxSockets, ...(trust.ca === undefined ? {} : { ca: trust.ca }) });
}

/** @throws SlipwayError tls_required for http to another machine */
export function refusePlainText(url: URL): void {
  if (url.protocol === 'https:' || /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/.test(url.hostname)) return;
  throw new SlipwayError('tls_required', `${url.origin} is not encrypted: no token is sent to it.`, {
    hint: `Use https://${url.host}.`,
  });
}

/** Codes by which Node says that it does not trust a certificate. */
const distrust = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/** The error of a connection whose certificate is not trusted; undefined for any other. */
export function distrusted(error: NodeJS.ErrnoException, url: URL): SlipwayError | undefined {
  if (!distrust.test(error.code ?? '')) return undefined;
  return new SlipwayError('certificate_untrusted', `The certificate of ${url.host} is not trusted: ${error.message}.`, {
    cause: error,
  });
}
