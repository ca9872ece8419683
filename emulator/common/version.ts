// The version of Slipway, as package.json says it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './assets.ts';

export const slipwayVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;
