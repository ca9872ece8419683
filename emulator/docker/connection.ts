// Where the Docker Engine is, as the Docker command line finds it: DOCKER_HOST and its TLS files, a context, the usual socket.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { SlipwayError } from '../common/errors.ts';
import { currentContext, type ContextSources } from './docker-context.ts';

export type DockerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'pipe'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'ssh'; readonly host: string; readonly port: number; readonly user: string };

export interface TlsFiles {
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly folder: string;
}

export interface AddressSources extends ContextSources {
  readonly platform: NodeJS.Platform;
}

const usualSocket = '/var/run/docker.sock';
const usualPipe = '//./pipe/docker_engine';
const usualPort = { plain: 2375, tls: 2376, ssh: 22 };

/** @throws SlipwayError usage when an address cannot be understood, docker_config_invalid for a context that is not there. */
export function dockerAddress(sources: AddressSources = thisMachine()): DockerAddress {
  const { env, platform, home, exists } = sources;
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '') return addressOf(host, 'DOCKER_HOST', environmentTls(env, home));
  const context = currentContext(sources);
  if (context === undefined) {
    if (platform === 'win32') return { kind: 'pipe', path: usualPipe };
    const own = [join(home, '.docker', 'run', 'docker.sock'), join(env['XDG_RUNTIME_DIR'] ?? home, 'docker.sock')];
    // Docker Desktop and rootless Docker have a socket of the user's own.
    return { kind: 'socket', path: exists(usualSocket) ? usualSocket : (own.find(exists) ?? usualSocket) };
  }
  const { tlsFolder } = context;
  const tls = tlsFolder === undefined ? undefined : { folder: tlsFolder };
  return addressOf(context.host, 'The host of the Docker context', () => tls);
}

/** @param tlsOf the files, by what the scheme says of TLS */
function addressOf(host: string, where: string, tlsOf: (isSecure: boolean) => TlsFiles | undefined): DockerAddress {
  if (host.startsWith('unix://')) return { kind: 'socket', path: host.slice('unix://'.length) || usualSocket };
  if (host.startsWith('npipe://')) return { kind: 'pipe', path: host.slice('npipe://'.length) || usualPipe };
  return networkAddress(host, where, tlsOf);
}

function environmentTls(env: NodeJS.ProcessEnv, home: string): (isSecure: boolean) => TlsFiles | undefined {
  const isAsked = (env['DOCKER_TLS_VERIFY'] ?? '') !== '' || (env['DOCKER_TLS'] ?? '') !== '';
  return (isSecure) => (isAsked || isSecure ? { folder: env['DOCKER_CERT_PATH'] ?? join(home, '.docker') } : undefined);
}

/** A client of the Engine there; nothing is asked of it yet. @throws SlipwayError docker_unreachable without TLS files. */
export function connectDocker(address: DockerAddress = dockerAddress()): Docker {
  // Everything is named: what is not, the client would take from the environment by rules of its own.
  const none = { host: undefined, socketPath: undefined, ca: undefined, cert: undefined, key: undefined };
  switch (address.kind) {
    case 'socket':
    case 'pipe':
      return new Docker({ ...none, protocol: 'http', socketPath: address.path });
    case 'ssh': {
      const { host, port, user } = address;
      const sshOptions = { agent: process.env['SSH_AUTH_SOCK'] };
      return new Docker({ ...none, protocol: 'ssh', host, port, username: user, sshOptions } as Docker.DockerOptions);
    }
    case 'tcp': {
      const { host, port, tls } = address;
      if (tls === undefined) return new Docker({ ...none, protocol: 'http', host, port });
      return new Docker({ ...none, protocol: 'https', host, port, ...readTls(tls) });
    }
  }
}

/** In words for the user. */
export function showAddress(address: DockerAddress): string {
  if (address.kind === 'socket' || address.kind === 'pipe') return address.path;
  const scheme = address.kind === 'ssh' ? 'ssh' : address.tls === undefined ? 'tcp' : 'tcp+tls';
  return `${scheme}://${address.host}:${address.port}`;
}

/** Whether containers of this Engine publish their ports on this very machine. */
export function isLocal(address: DockerAddress): boolean {
  if (address.kind === 'socket' || address.kind === 'pipe') return true;
  return address.kind === 'tcp' && ['localhost', '127.0.0.1', '::1', '[::1]'].includes(address.host);
}

function thisMachine(): AddressSources {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  return { env: process.env, platform: process.platform, home: homedir(), exists: existsSync, read };
}

function networkAddress(
  host: string,
  where: string,
  tlsOf: (isSecure: boolean) => TlsFiles | undefined,
): DockerAddress {
  let url: URL;
  try {
    url = new URL(host.includes('://') ? host : `tcp://${host}`);
  } catch {
    throw wrongHost(host, where);
  }
  const port = url.port === '' ? undefined : Number(url.port);
  if (url.protocol === 'ssh:') {
    return { kind: 'ssh', host: url.hostname, port: port ?? usualPort.ssh, user: decodeURIComponent(url.username) };
  }
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') throw wrongHost(host, where);
  const tls = tlsOf(url.protocol === 'https:');
  return { kind: 'tcp', host: url.hostname, port: port ?? (tls === undefined ? usualPort.plain : usualPort.tls), tls };
}

function wrongHost(host: string, where: string): SlipwayError {
  return new SlipwayError('usage', `${where}: expected unix://, npipe://, tcp://host:port or ssh://, found "${host}"`, {
    hint: 'Correct it; without DOCKER_HOST and a context the usual socket is taken.',
  });
}

function readTls({ folder }: TlsFiles): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (name: string): Buffer => {
    const file = join(folder, name);
    try {
      return readFileSync(file);
    } catch (error) {
      throw new SlipwayError('docker_unreachable', `The Engine is reached by TLS, and ${file} cannot be read.`, {
        hint: 'Name the folder of ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH.',
        cause: error,
      });
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
