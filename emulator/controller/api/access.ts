// Who may ask: only names of this machine, no web page, only with the token. Each check is for every method.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SlipwayError } from '../../common/errors.ts';

export interface AccessRules {
  /** Values of the Host header that are ours, with the port where it is not 80. */
  readonly hosts: ReadonlySet<string>;
  /** Web origins that may call; none unless the user said so. */
  readonly origins: ReadonlySet<string>;
  readonly token: string;
}

export interface Caller {
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came, in turn; shows repeated headers. */
  readonly rawHeaders: readonly string[];
}

/** Host values of a server that listens on loopback. */
export function loopbackHosts(host: string, port: number, more: readonly string[] = []): ReadonlySet<string> {
  const names = ['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host];
  const withPort = names.map((name) => `${name}:${port}`);
  return new Set([...withPort, ...(port === 80 ? names : []), ...more].map((name) => name.toLowerCase()));
}

/**
 * A page of another site that reaches us through the user's browser shows itself by its Origin, or by a Host that it
 * made point here (DNS rebinding).
 * @throws SlipwayError forbidden_origin
 */
export function checkOrigin(caller: Caller, rules: AccessRules): void {
  const hosts = caller.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const { host, origin } = caller.headers;
  if (hosts.length !== 1 || host === undefined || !rules.hosts.has(host.toLowerCase())) {
    throw new SlipwayError('forbidden_origin', `The Host "${host ?? ''}" is not a name of this platform.`);
  }
  if (origin !== undefined && !rules.origins.has(origin)) {
    throw new SlipwayError('forbidden_origin', `The Origin "${origin}" may not call this platform.`);
  }
  const site = caller.headers['sec-fetch-site'];
  if (origin === undefined && site !== undefined && site !== 'none') {
    throw new SlipwayError('forbidden_origin', 'Web pages may not call this platform.');
  }
}

/** @throws SlipwayError unauthorized */
export function checkToken(caller: Caller, rules: AccessRules): void {
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(caller.headers.authorization ?? '')?.[1];
  if (given === undefined) throw new SlipwayError('unauthorized', 'The request has no bearer token.');
  // Digests have one length, so that the comparison tells nothing of the token, not even how long it is.
  if (!timingSafeEqual(digest(given), digest(rules.token))) {
    throw new SlipwayError('unauthorized', 'The token is not that of this platform.');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
