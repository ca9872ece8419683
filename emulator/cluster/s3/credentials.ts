// What opens a bucket: keys of a mounted secret, or those that a service account is given for a time. Each source may
// give others the next time that it is asked, so that keys are changed without a restart.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentCredentials } from '../../../schemas/cluster.ts';
import { awsEndpoint } from '../../common/aws-endpoint.ts';
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';
import { currentFolder } from '../../common/mounted-secret.ts';
import { element, errorIn } from './answers.ts';
import { ask } from './ask.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of keys that are good for a time. */
  readonly sessionToken?: string;
}

export interface CredentialSource {
  /** @throws SlipwayError storage_unavailable when there are none */
  get(): Promise<Credentials>;
  /** The store does not take them any more: what was kept is not given again. */
  forget(): void;
}

/** Files of a mounted secret: `accessKeyId`, `secretAccessKey` and, for keys that are good for a time, `sessionToken`. */
export class SecretFiles implements CredentialSource {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(): Promise<Credentials> {
    const folder = currentFolder(this.#folder);
    const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
      read(join(folder, 'accessKeyId')),
      read(join(folder, 'secretAccessKey')),
      read(join(folder, 'sessionToken')),
    ]);
    if (accessKeyId === '' || secretAccessKey === '') throw lacking('The secret has no accessKeyId or secretAccessKey');
    return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
  }

  forget(): void {
    // Nothing is kept.
  }
}

interface Passing extends Credentials {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** They are changed this long before they end. */
const marginMs = 300_000;

/** Credentials with an end, kept until shortly before it. */
abstract class PassingSource implements CredentialSource {
  readonly #clock: Clock;
  #kept: Passing | undefined;
  #coming: Promise<Passing> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  protected abstract fetch(): Promise<Passing>;

  async get(): Promise<Credentials> {
    if (this.#kept !== undefined && this.#kept.expiresAt - marginMs > this.#clock.now()) return this.#kept;
    this.#coming ??= this.fetch().finally(() => (this.#coming = undefined));
    try {
      this.#kept = await this.#coming;
    } catch (error) {
      // Those that are there may be good to their end.
      if (this.#kept === undefined || this.#kept.expiresAt <= this.#clock.now()) throw error;
    }
    return this.#kept;
  }

  forget(): void {
    this.#kept = undefined;
  }
}

export interface WebIdentityOptions {
  readonly role: string;
  /** Of the token of the service account, which Kubernetes renews. */
  readonly tokenFile: string;
  /** Of the token service, such as `https://sts.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly session: string;
  readonly clock: Clock;
}

/** A role that is taken on with the token of the pod's service account. */
export class WebIdentity extends PassingSource {
  readonly #options: WebIdentityOptions;

  constructor(options: WebIdentityOptions) {
    super(options.clock);
    this.#options = options;
  }

  protected async fetch(): Promise<Passing> {
    const { role, tokenFile, endpoint, session } = this.#options;
    const token = await read(tokenFile);
    if (token === '') throw lacking(`There is no token in ${tokenFile}`);
    const form = new URLSearchParams({
      ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15' },
      ...{ RoleArn: role, RoleSessionName: session, WebIdentityToken: token },
    });
    const { status, text } = await ask(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    if (status !== 200) {
      const { code, message } = errorIn(text) ?? { code: '', message: text.slice(0, 200) };
      throw lacking(`The role ${role} was not given: status ${status} ${code}: ${message}`);
    }
    const given = (name: string): string => element(text, name) ?? '';
    return {
      accessKeyId: given('AccessKeyId'),
      secretAccessKey: given('SecretAccessKey'),
      sessionToken: given('SessionToken'),
      expiresAt: Date.parse(given('Expiration')) || 0,
    };
  }
}

export interface ContainerCredentialsOptions {
  readonly url: string;
  /** Of what is sent as authorization. */
  readonly tokenFile?: string | undefined;
  readonly clock: Clock;
}

/** What an agent on the node gives to the pod's service account. */
export class ContainerCredentials extends PassingSource {
  readonly #options: ContainerCredentialsOptions;

  constructor(options: ContainerCredentialsOptions) {
    super(options.clock);
    this.#options = options;
  }

  protected async fetch(): Promise<Passing> {
    const { url, tokenFile } = this.#options;
    const authorization = tokenFile === undefined ? '' : await read(tokenFile);
    const headers = authorization === '' ? {} : { authorization };
    const { status, text } = await ask(url, { method: 'GET', headers });
    if (status !== 200) throw lacking(`${url} gives no credentials, status ${status}: ${text.slice(0, 200)}`);
    const given = AgentCredentials.parse(JSON.parse(text));
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.Token,
      expiresAt: Date.parse(given.Expiration) || 0,
    };
  }
}

export interface CredentialSettings {
  /** Of a mounted secret. */
  readonly SLIPWAY_S3_KEYS?: string | undefined;
  readonly SLIPWAY_S3_REGION: string;
  readonly POD_NAME: string;
  readonly AWS_ROLE_ARN?: string | undefined;
  readonly AWS_WEB_IDENTITY_TOKEN_FILE?: string | undefined;
  readonly AWS_ENDPOINT_URL_STS?: string | undefined;
  readonly AWS_CONTAINER_CREDENTIALS_FULL_URI?: string | undefined;
  readonly AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE?: string | undefined;
}

/** The first of these that the pod has: a secret, a role, an agent. @throws SlipwayError usage */
export function credentialsFrom(settings: CredentialSettings, clock: Clock): CredentialSource {
  const { SLIPWAY_S3_KEYS: folder, AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = settings;
  if (folder !== undefined) return new SecretFiles(folder);
  if (role !== undefined && tokenFile !== undefined) {
    const endpoint = settings.AWS_ENDPOINT_URL_STS ?? awsEndpoint('sts', settings.SLIPWAY_S3_REGION);
    // Of a session name, 64 characters are taken.
    return new WebIdentity({ role, tokenFile, endpoint, session: settings.POD_NAME.slice(0, 64), clock });
  }
  const url = settings.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (url !== undefined) {
    return new ContainerCredentials({ url, tokenFile: settings.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, clock });
  }
  throw new SlipwayError('usage', 'The store of bundles has neither keys nor a role for its bucket.', {
    hint: 'Install with --s3-secret NAME or --s3-role ARN; see `slipway cluster manifests --help`.',
  });
}

/** Without the line end that editors leave; '' when there is no such file. */
async function read(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function lacking(message: string): SlipwayError {
  return new SlipwayError('storage_unavailable', `${message.replace(/\.$/, '')}.`);
}
