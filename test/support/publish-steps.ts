// A publish from a folder to its first answer, with the time of each step as the cluster goes through it.
import type { Pod } from '../../schemas/cluster.ts';
import type { ClusterSite } from './cluster-site.ts';

type Step = readonly [name: string, done: (pod: Pod | undefined) => boolean];

const steps: readonly Step[] = [
  ['pod placed', (pod) => pod?.spec.nodeName !== undefined],
  ['bundle fetched and checked', (pod) => holds(pod, 'Initialized')],
  ['worker started', (pod) => pod?.status.containerStatuses.some(({ state }) => state.running !== undefined) === true],
  ['model loaded', (pod) => holds(pod, 'Ready')],
];

/**
 * Deploys a folder as a new task of one replica, and asks until it answers.
 * @param ask rejects when the task does not answer yet. @returns the steps in words
 */
export async function publishSteps(site: ClusterSite, task: string, ask: () => Promise<unknown>): Promise<string> {
  const told: string[] = [];
  let before = performance.now();
  const begin = before;
  const step = (name: string): void => {
    const now = performance.now();
    told.push(`${name} ${seconds(now - before)}`);
    before = now;
  };
  await site.run('deploy', task, '--task', task, '--no-wait', '--to', 'prod');
  step('checked, packed and uploaded');
  for (const [name, done] of steps) {
    await site.until(async () => {
      const [pod] = await site.pods('replica', `,slipway.dev/task=${task}`);
      return done(pod);
    });
    step(name);
  }
  await site.until(() =>
    ask().then(
      () => true,
      () => false,
    ),
  );
  step('first answer');
  return `${told.join(', ')}; ${seconds(performance.now() - begin)} in all`;
}

function holds(pod: Pod | undefined, type: string): boolean {
  return pod?.status.conditions.some((one) => one.type === type && one.status === 'True') === true;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
