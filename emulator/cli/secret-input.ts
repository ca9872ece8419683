// Reads a token: one line of standard input, not shown while it is typed. Never an argument, which others can read.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { SlipwayError } from '../common/errors.ts';
import type { Session } from './session.ts';

/** @throws SlipwayError usage when there is none, cancelled */
export function readSecret(session: Session, prompt: string): Promise<string> {
  const { stdin, stderr } = session.terminal;
  const isTyped = (stdin as { isTTY?: boolean }).isTTY === true;
  if (isTyped) stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: isTyped });
  return new Promise((resolve, reject) => {
    const cancel = (): void => lines.close();
    session.signal.addEventListener('abort', cancel, { once: true });
    let found: string | undefined;
    lines.once('line', (line) => {
      found = line.trim();
      lines.close();
    });
    lines.once('close', () => {
      session.signal.removeEventListener('abort', cancel);
      if (isTyped) stderr.write('\n');
      if (session.signal.aborted) reject(new SlipwayError('cancelled', 'Cancelled.'));
      else if (found !== undefined && found !== '') resolve(found);
      else reject(new SlipwayError('usage', 'No token was given.', { hint: 'Type it, or pipe it into the command.' }));
    });
  });
}
