// Who a registry is told that we are: what `docker login` kept, in its own file or with a helper that it names.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runProcess } from '../bundle/run-process.ts';
import { SlipwayError } from '../common/errors.ts';

/** As the Engine takes it. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

const HelperName = z.string().regex(/^[A-Za-z0-9_.-]+$/);
const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .default({}),
  credsStore: HelperName.optional(),
  credHelpers: z.record(z.string(), HelperName).default({}),
});
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** The name by which Docker keeps the login of its own registry. */
const dockerHub = 'https://index.docker.io/v1/';
/** What helpers say as the name of a user whose secret is a token. */
const tokenUser = '<token>';
const helperMs = 20_000;
const helperBytes = 64 * 1024;

export interface CredentialOptions {
  readonly signal: AbortSignal;
  /** Default: DOCKER_CONFIG, or `.docker` of the user. */
  readonly folder?: string;
}

/**
 * @param registry host and port, `docker.io` for Docker's own
 * @returns undefined for one that nobody logged in to
 * @throws docker_config_invalid, cancelled
 */
export async function registryLogin(
  registry: string,
  { signal, folder = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker') }: CredentialOptions,
): Promise<RegistryLogin | undefined> {
  const file = join(folder, 'config.json');
  const config = await readConfig(file);
  if (config === undefined) return undefined;
  const serveraddress = registry === 'docker.io' ? dockerHub : registry;
  const isIt = (name: string): boolean => name === serveraddress || hostOf(name) === hostOf(serveraddress);
  const helper = Object.entries(config.credHelpers).find(([name]) => isIt(name))?.[1] ?? config.credsStore;
  if (helper !== undefined) {
    const told = await askHelper(helper, serveraddress, signal);
    if (told !== undefined) return told;
  }
  const kept = Object.entries(config.auths).find(([name]) => isIt(name))?.[1];
  if (kept === undefined) return undefined;
  if (kept.identitytoken !== undefined && kept.identitytoken !== '')
    return { identitytoken: kept.identitytoken, serveraddress };
  const [username, password] = kept.auth === undefined ? [kept.username, kept.password] : decoded(kept.auth);
  return username === undefined || password === undefined ? undefined : { username, password, serveraddress };
}

async function readConfig(file: string): Promise<z.infer<typeof DockerConfig> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SlipwayError('docker_config_invalid', `${file} cannot be read.`, { cause: error });
  }
  try {
    return DockerConfig.parse(JSON.parse(text));
  } catch {
    // Its text may hold passwords, and what a parser says quotes it: not even the cause is kept.
    throw new SlipwayError('docker_config_invalid', `${file} is not what Docker writes.`);
  }
}

async function askHelper(name: string, server: string, signal: AbortSignal): Promise<RegistryLogin | undefined> {
  const program = `docker-credential-${name}`;
  const limits = { timeoutMs: helperMs, maxOutputBytes: helperBytes };
  const result = await runProcess(program, ['get'], { ...limits, input: server, signal });
  if (result.kind === 'not-started') {
    throw new SlipwayError(
      'docker_config_invalid',
      `Docker's configuration names ${program}, which cannot be started.`,
    );
  }
  // A helper that knows nobody says so with an exit code.
  if (result.why !== undefined) return undefined;
  const answer = HelperAnswer.safeParse(jsonOf(result.stdout)).data;
  if (answer === undefined || answer.Secret === '') return undefined;
  const { Username: username, Secret: secret } = answer;
  if (username === tokenUser) return { identitytoken: secret, serveraddress: server };
  return { username, password: secret, serveraddress: server };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Older clients kept whole URLs. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function decoded(auth: string): [string | undefined, string | undefined] {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [undefined, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
