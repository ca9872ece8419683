// The flags of the platform process. It is started by programs, so the errors are for their authors.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';
import { homeAt, type Home } from '../common/home.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

export interface PlatformFlags {
  readonly home: Home;
  /** Port of the gateway; undefined: the usual one, or a free one when that is taken. */
  readonly port: number | undefined;
  readonly controlPort: number | undefined;
  readonly nodes: string | undefined;
  /** End when standard input ends. */
  readonly lifeline: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
}

/** Throws usage. */
export function parseFlags(args: readonly string[]): PlatformFlags {
  const values = parse(args);
  return {
    home: homeAt(values.home),
    port: port('port', values.port),
    controlPort: port('control-port', values['control-port']),
    nodes: values.nodes,
    lifeline: values.lifeline ?? false,
    allowedOrigins: values['allow-origin'] ?? [],
    allowedHosts: values['allow-host'] ?? [],
  };
}

interface RawFlags {
  readonly home?: string | undefined;
  readonly port?: string | undefined;
  readonly 'control-port'?: string | undefined;
  readonly nodes?: string | undefined;
  readonly lifeline?: boolean | undefined;
  readonly 'allow-origin'?: string[] | undefined;
  readonly 'allow-host'?: string[] | undefined;
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
        lifeline: { type: 'boolean' },
        'allow-origin': { type: 'string', multiple: true },
        'allow-host': { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    throw new SlipwayError('usage', (error as Error).message, { cause: error });
  }
}

function port(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const parsed = Port.safeParse(given);
  if (!parsed.success) throw new SlipwayError('usage', `--${flag} must be a port from 0 to 65535, not "${given}"`);
  return parsed.data;
}
