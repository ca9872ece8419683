// One small question over HTTP, and its whole answer.
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { SlipwayError } from '../../common/errors.ts';
import { limitSilence } from '../../common/silence.ts';

const silenceMs = 10_000;
const maxBytes = 1024 * 1024;

/** @throws SlipwayError storage_unavailable when there is no answer */
export function ask(
  url: string,
  wanted: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const { method, headers, body } = wanted;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new SlipwayError('storage_unavailable', `No answer from ${url}: ${error.message}.`, { cause: error }));
    const sent = (url.startsWith('http:') ? plainRequest : request)(url, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) answer.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      answer.on('error', fail);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    limitSilence(sent, silenceMs, () => sent.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
    sent.on('error', fail);
    sent.end(body);
  });
}
