// The text of a state file: a line with form and checksum, then the state as JSON.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SlipwayError } from '../common/errors.ts';

/** Raised when a reader of the version before could not understand the state, or would lose a part of it. */
export const stateSchema = 2;

const Head = z.object({ slipwayState: z.int().min(1), sha256: z.string() });

export function encodeState(state: unknown): string {
  const body = `${JSON.stringify(state, undefined, 1)}\n`;
  return `${JSON.stringify({ slipwayState: stateSchema, sha256: checksum(body) })}\n${body}`;
}

/**
 * @throws SlipwayError state_newer when a later version of Slipway wrote it; state_corrupt when it is damaged
 */
export function decodeState<State>(text: string, schema: z.ZodType<State>): State {
  const end = text.indexOf('\n');
  const head = Head.safeParse(parseJson(text.slice(0, Math.max(end, 0))));
  if (!head.success) throw corrupt('its first line is not that of a state file');
  if (head.data.slipwayState > stateSchema) {
    const found = head.data.slipwayState;
    throw new SlipwayError('state_newer', `the state has form ${found}, this version reads up to ${stateSchema}`);
  }
  const body = text.slice(end + 1);
  if (checksum(body) !== head.data.sha256) throw corrupt('its checksum does not fit its content');
  const state = schema.safeParse(parseJson(body));
  if (!state.success) throw corrupt(z.prettifyError(state.error));
  return state.data;
}

function corrupt(why: string): SlipwayError {
  return new SlipwayError('state_corrupt', why);
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
