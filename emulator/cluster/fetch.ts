// Brings a pod its bundle: fetched by digest with a ticket, checked and unpacked as everywhere, and beside it the
// configuration of the worker. Runs once, before the worker.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BundleDigest, ReplicaId, VersionKey } from '../../schemas/ids.ts';
import { WorkerConfig } from '../../schemas/worker.ts';
import { readManifest } from '../bundle/manifest.ts';
import { resolveRequirements } from '../bundle/requirements.ts';
import { defaultLimits } from '../bundle/limits.ts';
import { unpack } from '../bundle/unpack.ts';
import { sleep, type Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { workerPort } from '../engine/kubernetes/pods.ts';
import { fetchTicket, ticketHeader } from '../engine/kubernetes/secrets.ts';
import { Inside } from './inside.ts';
import { ports } from './ports.ts';
import { anyAddress, serviceUrl } from './settings.ts';

const FetchSettings = z.object({
  POD_NAME: ReplicaId,
  POD_IPS: z.string().default(''),
  SLIPWAY_KEY: VersionKey,
  SLIPWAY_BUNDLE: BundleDigest,
  SLIPWAY_WORK: z.string().min(1),
  SLIPWAY_FETCH_SECRET: z.string().min(1),
  SLIPWAY_LINK_SECRET: z.string().min(1),
  SLIPWAY_WORKER: z.string(),
  SLIPWAY_TLS: z.string().default('/slipway/tls'),
});

const attempts = 30;
const pauseMs = 1_000;

export async function fetchBundle(env: NodeJS.ProcessEnv, clock: Clock, log: Logger): Promise<void> {
  const settings = FetchSettings.parse(env);
  const { SLIPWAY_KEY: key, SLIPWAY_BUNDLE: digest, SLIPWAY_WORK: work } = settings;
  const folder = join(work, 'bundle');
  for (let attempt = 1; ; attempt++) {
    const inside = new Inside({
      url: serviceUrl(env, 'slipway-bundles', ports.bundles),
      // It may be renewed just now.
      trusted: [readFileSync(`${settings.SLIPWAY_TLS}/tls.crt`, 'utf8')],
      authorization: '',
    });
    try {
      const ticket = fetchTicket(settings.SLIPWAY_FETCH_SECRET, key, digest, clock.now());
      const headers = { [ticketHeader]: ticket };
      const answer = await inside.open({ method: 'GET', path: `/bundles/${digest}`, headers });
      await rm(folder, { recursive: true, force: true });
      const { bytes } = await unpack(answer, folder, { limits: defaultLimits, digest });
      log.info('bundle fetched', { digest, bytes });
      break;
    } catch (error) {
      const passing = error instanceof SlipwayError && error.code === 'platform_unreachable';
      if (!passing || attempt === attempts) throw error;
      log.info('the store of bundles does not answer yet', { error: error.message });
    } finally {
      await inside.close();
    }
    await sleep(clock, pauseMs);
  }
  const manifest = await readManifest(folder);
  const requirements = await resolveRequirements(folder, manifest);
  await mkdir(join(work, 'site'), { recursive: true });
  await writeFile(join(work, 'requirements.txt'), `${requirements.join('\n')}\n`);
  const config = WorkerConfig.parse({
    ...(JSON.parse(settings.SLIPWAY_WORKER) as object),
    replica: settings.POD_NAME,
    listen: { kind: 'tcp', host: anyAddress(settings), port: workerPort, secret: settings.SLIPWAY_LINK_SECRET },
  });
  const beside = join(work, 'worker.json.tmp');
  await writeFile(beside, JSON.stringify(config), { mode: 0o600 });
  await rename(beside, join(work, 'worker.json'));
}
