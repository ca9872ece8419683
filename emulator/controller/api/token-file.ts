// Tokens in a file: <home>/access.json, written like all state, so that it is whole after any crash.
import { readFile } from 'node:fs/promises';
import { TokenRecords } from '../../../schemas/access.ts';
import { replaceFile } from '../durable-file.ts';
import { decodeState, encodeState } from '../state-file.ts';
import type { TokenKeep } from './access-tokens.ts';

/** Its `load` throws state_corrupt or state_newer: access is never opened or lost silently. */
export function tokenFile(path: string): TokenKeep {
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
      return decodeState(text, TokenRecords).tokens;
    },
    save: (tokens) => replaceFile(path, encodeState({ tokens })),
  };
}
