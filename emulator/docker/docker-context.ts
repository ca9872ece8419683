// The context that `docker context use` or DOCKER_CONTEXT chose: where its Engine is, and the files of its TLS.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';

export interface ContextSources {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly exists: (path: string) => boolean;
  /** Text of a file; undefined when it cannot be read. */
  readonly read: (path: string) => string | undefined;
}

export interface DockerContext {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** Folder with ca.pem, cert.pem and key.pem; undefined where it has none. */
  readonly tlsFolder: string | undefined;
}

const Config = z.object({ currentContext: z.string().optional() });
const Meta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string().min(1) }) }) });
/** It stands for what the environment says. */
const defaultName = 'default';

/** Undefined where none is chosen. @throws SlipwayError docker_config_invalid when the chosen one is not there */
export function currentContext({ env, home, exists, read }: ContextSources): DockerContext | undefined {
  const folder = env['DOCKER_CONFIG'] ?? join(home, '.docker');
  const fromFile = (): string | undefined =>
    Config.safeParse(parse(read(join(folder, 'config.json')))).data?.currentContext;
  const name = env['DOCKER_CONTEXT'] || fromFile() || defaultName;
  if (name === defaultName) return undefined;
  const key = createHash('sha256').update(name).digest('hex');
  const meta = Meta.safeParse(parse(read(join(folder, 'contexts', 'meta', key, 'meta.json'))));
  if (!meta.success) {
    throw new SlipwayError('docker_config_invalid', `Docker's context "${name}" names no Engine.`, {
      hint: 'Choose another one (`docker context ls`, `docker context use`), or set DOCKER_HOST.',
    });
  }
  const tls = join(folder, 'contexts', 'tls', key, 'docker');
  return { host: meta.data.Endpoints.docker.Host, tlsFolder: exists(join(tls, 'ca.pem')) ? tls : undefined };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return undefined;
  }
}
