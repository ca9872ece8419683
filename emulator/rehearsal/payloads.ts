// What is sent: a body for each request, by its number.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Payload } from '../../schemas/scenario.ts';
import { SlipwayError } from '../common/errors.ts';

export interface Body {
  readonly bytes: Buffer;
  readonly contentType: string;
}

export type Payloads = (number: number, id: string) => Body;

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  png: 'image/png',
  jpg: 'image/jpeg',
  txt: 'text/plain',
};

/** @param folder of relative paths. @throws SlipwayError path_missing */
export async function payloadsOf(payload: Payload, folder: string): Promise<Payloads> {
  switch (payload.kind) {
    case 'unique':
      return (_number, id) => ({ bytes: Buffer.from(id.padEnd(payload.bytes, '.')), contentType: 'text/plain' });
    case 'json': {
      const bytes = Buffer.from(JSON.stringify(payload.value ?? null));
      return () => ({ bytes, contentType: 'application/json' });
    }
    case 'files': {
      const bodies = await Promise.all(payload.paths.map((path) => readBody(resolve(folder, path))));
      return (number) => bodies[number % bodies.length]!;
    }
  }
}

async function readBody(path: string): Promise<Body> {
  const ending = /\.([a-z]+)$/.exec(path)?.[1] ?? '';
  try {
    return { bytes: await readFile(path), contentType: types[ending] ?? 'application/octet-stream' };
  } catch (error) {
    throw new SlipwayError('path_missing', `${path} cannot be read.`, { hint: 'Correct the path.', cause: error });
  }
}
