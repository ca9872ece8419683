// Who may send requests to the inference port: the right Host (against DNS rebinding), and no page of another site.
import type { IncomingHttpHeaders } from 'node:http';
import { SlipwayError } from '../common/errors.ts';

export interface AccessRules {
  /** Values of Host that are accepted, with the port; undefined accepts all (behind a load balancer with names of its own). */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Origins of browser pages that may call. */
  readonly origins: ReadonlySet<string>;
}

/** The names by which a loopback listener on `port` is reached. */
export function loopbackHosts(port: number): ReadonlySet<string> {
  const names = ['localhost', '127.0.0.1', '[::1]'];
  return new Set([...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])]);
}

/** The 2017 form of addressing one version: `<version>-dot-<task>.localhost`. */
const dotHost = /^([a-z][a-z0-9-]*)-dot-([a-z][a-z0-9-]*)\.localhost(?::[0-9]+)?$/;

/** Task and version that the Host names, when it has the 2017 form. */
export function taskOfHost(host: string | undefined): { readonly task: string; readonly version: string } | undefined {
  const match = dotHost.exec(host ?? '');
  return match === null ? undefined : { task: match[2]!, version: match[1]! };
}

/** Returns why the request is refused, or undefined. */
export function refuseAccess(headers: IncomingHttpHeaders, rules: AccessRules): SlipwayError | undefined {
  const { host, origin } = headers;
  if (rules.hosts !== undefined && !rules.hosts.has(host ?? '') && !dotHost.test(host ?? '')) {
    return new SlipwayError('forbidden_origin', `this service is not known as "${(host ?? '').slice(0, 100)}"`, {
      hint: 'Use the address that `slipway status` shows, or allow the name with --allow-host.',
    });
  }
  const crossSite = headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site';
  if (origin === undefined && !crossSite) return undefined;
  if (origin !== undefined && (rules.origins.has(origin) || (origin === `http://${host ?? ''}` && !crossSite)))
    return undefined;
  return new SlipwayError(
    'forbidden_origin',
    `pages of ${(origin ?? 'another site').slice(0, 200)} may not call this service`,
  );
}
