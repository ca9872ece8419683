// A platform on which there is something of everything to look at: a split task under way, and tasks that failed, rest, wait
// for room and stay at zero.
import { join } from 'node:path';
import { slipway, slipwayJson } from './command-line.ts';
import { writeService } from './service-folder.ts';

const service = (load: string): string =>
  `class Service:\n    def load_model(self):\n        ${load}\n\n    def execute(self, data, batch_size):\n        print("a batch of", batch_size)\n        return ["ok"] * batch_size\n`;

export interface Stage {
  readonly home: string;
  readonly cwd: string;
}

/**
 * Three nodes with one GPU, which the task of `heavy` has, and a task in each state. Services beside those two are outside
 * the workspace.
 */
export async function setStage({ home, cwd }: Stage): Promise<void> {
  const options = { home, cwd };
  const json = (...words: string[]): Promise<unknown> => slipwayJson(words, options);
  const folder = (name: string): string => join(home, 'stage', name);
  const plain = { requirements: [] };
  const written = [
    writeService(
      join(cwd, 'heavy'),
      { name: 'heavy', ...plain, resources: { cpu: 1, memory: '1Gi', gpu: 1 } },
      { 'service.py': service('pass') },
    ),
    writeService(
      folder('ranker'),
      { name: 'ranker', ...plain },
      { 'service.py': service('raise ValueError("the weights are of another model")') },
    ),
    writeService(folder('rests'), { name: 'rests', ...plain }, { 'service.py': service('pass') }),
    writeService(
      folder('crowded'),
      { name: 'crowded', ...plain, replicas: 3, resources: { cpu: 4, memory: '1Gi' } },
      { 'service.py': service('pass') },
    ),
  ];
  await Promise.all(written);
  await json('up', '--nodes', '2:cpu=4,memory=8Gi;1:cpu=4,memory=8Gi,gpu=1');
  await Promise.all([json('deploy', join(cwd, 'digits'), '--replicas', '2'), json('deploy', join(cwd, 'heavy'))]);
  await json('deploy', join(cwd, 'digits'), '--name', 'beta');
  await json('split', 'digits', 'v1=80', 'v2=20');
  await Promise.all([
    slipway(['deploy', folder('ranker'), '--json'], options),
    json('deploy', folder('rests')).then(() => json('stop', 'rests')),
    slipway(['deploy', folder('crowded'), '--no-wait', '--json'], options),
  ]);
}

/** Requests one after the other from a few clients, each told of in feedback, until `signal` aborts. */
export function traffic(url: string, body: Uint8Array, signal: AbortSignal): Promise<unknown> {
  const client = async (): Promise<void> => {
    while (!signal.aborted) {
      const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const version = answer.headers.get('x-slipway-version');
      await answer.arrayBuffer();
      const outcome = Math.random() < (version === 'v2' ? 0.9 : 0.7) ? 1 : 0;
      const feedback = { request: answer.headers.get('x-slipway-request'), version, outcome };
      await fetch(`${url}/feedback`, {
        method: 'POST',
        body: JSON.stringify(feedback),
        headers: { 'content-type': 'application/json' },
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return Promise.allSettled(Array.from({ length: 4 }, client));
}
