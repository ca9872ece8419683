import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { BundleStore } from '../../../emulator/bundle/store.ts';
import { makeEngine } from '../../../emulator/platform/engine.ts';
import { parseFlags } from '../../../emulator/platform/flags.ts';
import { withEnvironment } from '../../support/environment.ts';

describe('the engine of a platform', () => {
  for (const host of ['ssh://ada@box', 'tcp://box:2376']) {
    it(`is not an Engine elsewhere, whose containers gateways here do not reach: ${host}`, () =>
      withEnvironment({ DOCKER_HOST: host }, async () => {
        const flags = parseFlags(['--engine', 'docker']);
        const parts = {
          flags,
          bundles: Object.create(BundleStore.prototype) as BundleStore,
          clock: systemClock,
          log: silentLogger,
        };
        await assert.rejects(makeEngine(parts), {
          code: 'usage',
          message: /the Docker Engine is at (ssh|tcp):\/\/box/,
        });
      }));
  }
});
