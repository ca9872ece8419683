// The flags of the platform process. It is started by programs, so the errors are for their authors.
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ImageReference } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';
import { homeAt, type Home } from '../common/home.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

export interface PlatformFlags {
  readonly home: Home;
  /** Port of the gateway; undefined: the usual one, or a free one when that is taken. */
  readonly port: number | undefined;
  readonly controlPort: number | undefined;
  readonly nodes: string | undefined;
  /** What replicas run in. */
  readonly engine: 'process' | 'docker';
  /** On which images are built for services that name none. */
  readonly baseImage: string | undefined;
  /** How many images of services that nobody uses stay. */
  readonly keepImages: number | undefined;
  /** Seconds in which the next platform may take over containers after the death of this one. */
  readonly adoptWithin: number | undefined;
  /** Scaling is judged over a tenth of the usual time. */
  readonly fast: boolean;
  /** End when standard input ends. */
  readonly lifeline: boolean;
  /** Faults may be injected; said of a platform that serves others, a local one lets them anyway. */
  readonly allowFaults: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  /** Where other machines reach the platform; undefined: they do not. */
  readonly listen: ListenFlags | undefined;
}

export interface ListenFlags {
  readonly host: string;
  readonly port: number;
  /** Of the gateway for other machines. */
  readonly inferencePort: number;
  /** The name by which they know this machine. */
  readonly name: string;
  /** Files in PEM. Left out only where `host` is of this machine alone. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** Throws usage. */
export function parseFlags(args: readonly string[]): PlatformFlags {
  const values = parse(args);
  return {
    home: homeAt(values.home),
    port: port('port', values.port),
    controlPort: port('control-port', values['control-port']),
    nodes: values.nodes,
    engine: engine(values.engine),
    baseImage: baseImage(values['base-image']),
    keepImages: count('keep-images', values['keep-images']),
    adoptWithin: count('adopt-within', values['adopt-within']),
    fast: values.fast ?? false,
    lifeline: values.lifeline ?? false,
    allowFaults: values['allow-faults'] ?? false,
    allowedOrigins: values['allow-origin'] ?? [],
    allowedHosts: values['allow-host'] ?? [],
    listen: listenFlags(values),
  };
}

/** @throws SlipwayError usage, tls_required */
function listenFlags(values: RawFlags): ListenFlags | undefined {
  const { listen, 'tls-cert': cert, 'tls-key': key } = values;
  if (listen === undefined) return undefined;
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/i.exec(listen);
  if (match === null) throw new SlipwayError('usage', `--listen takes ADDRESS or ADDRESS:PORT, not "${listen}"`);
  const host = match[1]!.replace(/^\[|\]$/g, '');
  if ((cert === undefined) !== (key === undefined)) {
    throw new SlipwayError('usage', '--tls-cert and --tls-key go together');
  }
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  if (tls === undefined && !/^(?:127\.|::1$|localhost$)/.test(host)) {
    throw new SlipwayError(
      'tls_required',
      `${host} is reached by other machines: tokens would go over it in clear text`,
      {
        hint: 'Give --tls-cert and --tls-key, in PEM.',
      },
    );
  }
  const anywhere = host === '0.0.0.0' || host === '::';
  return {
    host,
    port: port('listen', match[2]) ?? usualRemotePort,
    inferencePort: port('listen-inference-port', values['listen-inference-port']) ?? usualInferencePort,
    name: values['listen-name'] ?? (anywhere ? hostname() : host),
    tls,
  };
}

const usualRemotePort = 7443;
const usualInferencePort = 7444;

interface RawFlags {
  readonly home?: string | undefined;
  readonly port?: string | undefined;
  readonly 'control-port'?: string | undefined;
  readonly nodes?: string | undefined;
  readonly engine?: string | undefined;
  readonly 'base-image'?: string | undefined;
  readonly 'keep-images'?: string | undefined;
  readonly 'adopt-within'?: string | undefined;
  readonly fast?: boolean | undefined;
  readonly lifeline?: boolean | undefined;
  readonly 'allow-faults'?: boolean | undefined;
  readonly 'allow-origin'?: string[] | undefined;
  readonly 'allow-host'?: string[] | undefined;
  readonly listen?: string | undefined;
  readonly 'listen-inference-port'?: string | undefined;
  readonly 'listen-name'?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
}

function parse(args: readonly string[]): RawFlags {
  try {
    return parseArgs({
      args: [...args],
      options: {
        home: { type: 'string' },
        port: { type: 'string' },
        'control-port': { type: 'string' },
        nodes: { type: 'string' },
        engine: { type: 'string' },
        'base-image': { type: 'string' },
        'keep-images': { type: 'string' },
        'adopt-within': { type: 'string' },
        fast: { type: 'boolean' },
        lifeline: { type: 'boolean' },
        'allow-faults': { type: 'boolean' },
        'allow-origin': { type: 'string', multiple: true },
        'allow-host': { type: 'string', multiple: true },
        listen: { type: 'string' },
        'listen-inference-port': { type: 'string' },
        'listen-name': { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new SlipwayError('usage', (error as Error).message, { cause: error });
  }
}

function engine(given: string | undefined): PlatformFlags['engine'] {
  if (given === undefined || given === 'process' || given === 'docker') return given ?? 'process';
  throw new SlipwayError('usage', `--engine must be process or docker, not "${given}"`);
}

function count(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[0-9]{1,6}$/.test(given)) return Number(given);
  throw new SlipwayError('usage', `--${flag} must be a whole number, not "${given}"`);
}

function baseImage(given: string | undefined): string | undefined {
  if (given === undefined || ImageReference.safeParse(given).success) return given;
  throw new SlipwayError('usage', `--base-image must be an image reference such as "python:3.12-slim", not "${given}"`);
}

function port(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const parsed = Port.safeParse(given);
  if (!parsed.success) throw new SlipwayError('usage', `--${flag} must be a port from 0 to 65535, not "${given}"`);
  return parsed.data;
}
