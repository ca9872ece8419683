// The rows of the table of errors that are about remotes: access, connections, uploads, clusters.
import { row, type ErrorRow } from './row.ts';

export const remoteErrors = {
  forbidden_role: row(
    403,
    'user',
    'The role of the token does not allow this.',
    'Ask an administrator of the platform for a token with a higher role.',
  ),
  too_many_logins: row(
    429,
    'user',
    'Too many requests with a wrong token came from this address.',
    'Wait for the time in Retry-After, then use a token that is valid.',
  ),
  token_not_found: row(404, 'user', 'No token of this id.', 'List the tokens with `slipway token list`.'),
  tls_required: row(
    403,
    'user',
    'A token is never sent or taken over a connection that is not encrypted.',
    'Use https, or the loopback address.',
  ),
  certificate_untrusted: row(
    502,
    'user',
    'The certificate of the remote is not trusted.',
    'Compare it with the administrator, and add the remote again with --ca FILE.',
  ),
  redirected: row(
    502,
    'user',
    'The remote answered with a redirect, which is not followed: the token would go elsewhere.',
    'Add the remote again with the URL that it redirects to, if that is the right one.',
  ),
  remote_not_found: row(404, 'user', 'No remote of this name.', 'List the remotes with `slipway remote list`.'),
  remote_exists: row(409, 'user', 'A remote of this name exists.', 'Remove it first, or choose another name.'),
  upload_offset: row(
    409,
    'user',
    'The piece of the archive does not follow what is here already.',
    'Ask how much is here, and go on from there.',
  ),
  storage_unavailable: row(
    503,
    'platform',
    'The store of bundles does not answer, or refused what was asked of it.',
    'Look at its bucket, endpoint, region and credentials, and retry.',
  ),
  kubernetes_unavailable: row(
    503,
    'platform',
    'The API of Kubernetes does not answer; what serves goes on serving.',
    'Try again; look at the control plane of the cluster when it stays so.',
  ),
  image_unavailable: row(
    500,
    'user',
    'The image of a replica cannot be had or started.',
    'Look at the name of the image, and whether the nodes may pull it.',
  ),
} as const satisfies Record<string, ErrorRow>;
