// Files that look like secrets: a bundle is uploaded, stored and unpacked for others, so they are refused unless forced.
import { SlipwayError } from '../common/errors.ts';

/** Matched against the path with `/` before it, ignoring case; `why` ends the sentence "<path> …". */
const byName: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\/\.env(?:rc)?(?:\.[^/]*)?$|\/\.env[^/]*$/, why: 'is an environment file' },
  { pattern: /\/\.git(?:\/|$)/, why: 'belongs to a git repository, whose history may hold secrets' },
  { pattern: /\/(?:\.ssh|\.gnupg)\//, why: 'is in a folder of keys' },
  { pattern: /\/id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, why: 'is a private key by its name' },
  { pattern: /\.(?:key|p12|pfx|jks|keystore|kdbx|ppk)$/, why: 'is a key store by its name' },
  {
    pattern: /\/(?:\.git-credentials|[._]netrc|\.pypirc|\.pgpass|\.htpasswd|\.s3cfg|\.boto)$/,
    why: 'holds credentials',
  },
  { pattern: /\/(?:\.aws|\.azure|\.config\/gcloud)\//, why: 'belongs to a cloud account' },
  { pattern: /\/(?:\.docker\/config\.json|\.dockercfg|\.kube\/config|kubeconfig)$/, why: 'holds credentials' },
  {
    pattern: /\/(?:credentials|secrets?|client_secrets?|service[-_]account)[^/]*\.(?:json|ya?ml|toml|ini)$/,
    why: 'holds credentials by its name',
  },
];

const byContent: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/, why: 'has a private key in it' },
];
const npmToken = /^\s*(?:\/\/[^=\n]*:)?(?:_authToken|_auth|_password)\s*=\s*[^\s$]/m;

/** Keys stand at the beginning of files; weights of gigabytes are not searched to their end. */
export const searchedBytes = 256 * 1024;

export interface Secret {
  readonly path: string;
  /** What gave it away, as the end of a sentence that begins with the path. */
  readonly why: string;
}

/** @param head the first `searchedBytes` bytes of the file. @returns undefined when nothing speaks against the file. */
export function findSecret(path: string, head: Buffer): Secret | undefined {
  const lower = `/${path.toLowerCase()}`;
  const text = head.toString('latin1');
  const rule = byName.find(({ pattern }) => pattern.test(lower)) ?? byContent.find(({ pattern }) => pattern.test(text));
  if (rule !== undefined) return { path, why: rule.why };
  if (lower.endsWith('/.npmrc') && npmToken.test(text)) return { path, why: 'has a token in it' };
  return undefined;
}

/** The one error for all of them. */
export function secretError(secrets: readonly Secret[]): SlipwayError {
  const shown = secrets.slice(0, 10).map(({ path, why }) => `${path} ${why}`);
  const more = secrets.length > shown.length ? `, and ${secrets.length - shown.length} more` : '';
  return new SlipwayError('bundle_secret', `The folder holds what looks like secrets: ${shown.join('; ')}${more}.`);
}
