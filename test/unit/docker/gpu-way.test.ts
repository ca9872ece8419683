import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { gpuWay, type EngineInfo } from '../../../emulator/docker/gpu-way.ts';

describe('the way of GPUs into containers', () => {
  const folders = ['/etc/cdi', '/var/run/cdi'];
  const found = [{ Source: 'cdi', ID: 'nvidia.com/gpu=0' }];
  const cases: [string, EngineInfo, string][] = [
    ['an Engine that says nothing', {}, 'runtime'],
    ['one with null for nothing', { Runtimes: null, CDISpecDirs: null, DiscoveredDevices: null }, 'runtime'],
    ['the runtime of NVIDIA', { Runtimes: { runc: {}, nvidia: {} } }, 'runtime'],
    ['the runtime, and CDI without devices', { Runtimes: { nvidia: {} }, CDISpecDirs: folders }, 'runtime'],
    ['the runtime, and devices by CDI', { Runtimes: { nvidia: {} }, DiscoveredDevices: found }, 'cdi'],
    ['CDI alone', { Runtimes: { runc: {} }, CDISpecDirs: folders }, 'cdi'],
    ['devices of somebody else', { DiscoveredDevices: [{ Source: 'cdi', ID: 'vendor.com/net=0' }] }, 'runtime'],
  ];
  for (const [what, info, expected] of cases) it(`is ${expected}: ${what}`, () => assert.equal(gpuWay(info), expected));
});
