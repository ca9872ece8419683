// Who may ask: only by names that are ours, no web page, only with a token whose role allows it. For every method.
import type { IncomingHttpHeaders } from 'node:http';
import type { Identity, Role } from '../../../schemas/access.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { AccessLimit } from './access-limit.ts';
import { idOf, type AccessTokens } from './access-tokens.ts';

export interface AccessRules {
  /**
   * Values of the Host header that are ours, with the port where it is not 80. Undefined takes any: behind a load
   * balancer with names of its own, and no harm, since a page that rebinds its name has no token.
   */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Web origins that may call; none unless the user said so. */
  readonly origins: ReadonlySet<string>;
  readonly tokens: Pick<AccessTokens, 'identify'>;
  /** Absent on loopback, where only users of this machine could be locked out. */
  readonly limit?: AccessLimit;
}

export interface Caller {
  /** Encrypted, or from this very machine. */
  readonly secure: boolean;
  readonly address: string;
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
  if (hosts.length !== 1 || host === undefined || rules.hosts?.has(host.toLowerCase()) === false) {
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

/**
 * Who asks, by the token of the request.
 * @throws SlipwayError unauthorized, too_many_logins, tls_required
 */
export function checkToken(caller: Caller, rules: AccessRules): Identity {
  if (!caller.secure) throw new SlipwayError('tls_required', 'Tokens are not taken over a connection without TLS.');
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(caller.headers.authorization ?? '')?.[1];
  const key = `${caller.address} ${given === undefined ? '' : (idOf(given) ?? '')}`;
  rules.limit?.check(key);
  try {
    if (given === undefined) throw new SlipwayError('unauthorized', 'The request has no bearer token.');
    return rules.tokens.identify(given);
  } catch (error) {
    rules.limit?.failed(key);
    throw error;
  }
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, publisher: 1, admin: 2 };

/** @throws SlipwayError forbidden_role */
export function checkRole(identity: Identity, needed: Role): void {
  if (ranks[identity.role] >= ranks[needed]) return;
  throw new SlipwayError(
    'forbidden_role',
    `The token "${identity.name}" has the role ${identity.role}; this needs ${needed}.`,
  );
}
