// A rollout that finds no room is refused with the ways that there are: a person is asked, a script is told the options.
import { createInterface } from 'node:readline';
import type { Choice } from '../../schemas/errors.ts';
import { RolloutWay } from '../../schemas/tasks.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Session } from './session.ts';

interface Chosen {
  readonly rollout?: RolloutWay;
}

/**
 * Asks for a rollout, and once more with the way that the user chose when there is no room for it.
 * @throws SlipwayError rollout_no_room with the choices, where nobody is there to choose
 */
export async function withChoice<Result>(session: Session, send: (chosen: Chosen) => Promise<Result>): Promise<Result> {
  try {
    return await send({});
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'rollout_no_room') throw error;
    const chosen = isAttended(session) ? await choose(session, error) : undefined;
    if (chosen === undefined) throw error;
    return send({ rollout: chosen });
  }
}

function isAttended({ json, terminal }: Session): boolean {
  return !json && terminal.stdin.isTTY === true && terminal.stderr.isTTY === true;
}

/** @returns undefined for an empty answer. @throws SlipwayError cancelled */
async function choose(session: Session, error: SlipwayError): Promise<RolloutWay | undefined> {
  // A moving line would be drawn over the question.
  session.progress.end();
  const ways = error.choices.filter(({ value }) => RolloutWay.safeParse(value).success);
  session.say(error.message);
  for (const [index, line] of describeWays(ways).entries()) session.say(`  ${index + 1}  ${line}`);
  for (;;) {
    const answer = await readLine(session, `Choose 1 to ${ways.length}, or nothing to leave it: `);
    if (answer === '') return undefined;
    const way = ways.find(({ value }, index) => answer === String(index + 1) || answer === value);
    if (way !== undefined) return RolloutWay.parse(way.value);
  }
}

function describeWays(ways: readonly Choice[]): string[] {
  const width = Math.max(...ways.map(({ value }) => value.length));
  return ways.map(({ value, meaning }) => `${value.padEnd(width)}  ${meaning}`);
}

function readLine({ terminal, signal }: Session, prompt: string): Promise<string> {
  terminal.stderr.write(prompt);
  const lines = createInterface({ input: terminal.stdin });
  return new Promise((resolve, reject) => {
    const cancel = (): void => lines.close();
    signal.addEventListener('abort', cancel, { once: true });
    let found = '';
    lines.once('line', (line) => {
      found = line.trim();
      lines.close();
    });
    lines.once('close', () => {
      signal.removeEventListener('abort', cancel);
      if (signal.aborted) reject(new SlipwayError('cancelled', 'Cancelled.'));
      else resolve(found);
    });
  });
}
