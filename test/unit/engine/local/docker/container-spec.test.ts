// What a replica's container is given, and what it is not.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  containerSpec,
  ownImageSpec,
  type ContainerPlan,
  type GpuRequest,
} from '../../../../../emulator/engine/local/docker/container-spec.ts';

const plan: ContainerPlan = {
  image: 'sha256:image',
  order: { replica: 'svc-v1-r0', threads: 2 } as ContainerPlan['order'],
  limits: { cpu: 2, memoryBytes: 1024, pids: 64, shmBytes: 10, tmpBytes: 20 },
  labels: { 'slipway.home': 'h' },
  link: { kind: 'socket', folder: '/run/s1' },
  serverPort: undefined,
  gpus: { kind: 'none' },
  user: '10001:10001',
  cores: 8,
};
const hostOf = (more: Partial<ContainerPlan> = {}) => containerSpec({ ...plan, ...more }).HostConfig!;

describe('the container of a replica', () => {
  it('has nothing that it does not need', () => {
    const host = hostOf();
    assert.deepEqual([host.CapDrop, host.SecurityOpt], [['ALL'], ['no-new-privileges']]);
    assert.deepEqual([host.ReadonlyRootfs, host.Privileged, host.Binds], [true, undefined, undefined]);
    assert.deepEqual(host.Mounts, [{ Type: 'bind', Source: '/run/s1', Target: '/run/slipway' }]);
    assert.deepEqual([host.PortBindings, host.DeviceRequests], [{}, undefined]);
    assert.equal(containerSpec(plan).User, '10001:10001');
  });

  it('has the limits of its manifest, no swap, and no more processors than there are', () => {
    const host = hostOf();
    assert.deepEqual([host.Memory, host.MemorySwap, host.PidsLimit, host.ShmSize], [1024, 1024, 64, 10]);
    assert.equal(host.NanoCpus, 2e9);
    assert.equal(hostOf({ cores: 1 }).NanoCpus, 1e9);
    assert.match(host.Tmpfs!['/tmp']!, /nosuid.*size=20$/);
  });

  it('publishes a port on the loopback address alone, and only where it has one', () => {
    const loopback = [{ HostIp: '127.0.0.1', HostPort: '' }];
    assert.deepEqual(hostOf({ link: { kind: 'port', port: 7000 } }).PortBindings, { '7000/tcp': loopback });
    assert.deepEqual(hostOf({ serverPort: 7002 }).PortBindings, { '7002/tcp': loopback });
    assert.equal(hostOf({ link: { kind: 'port', port: 7000 } }).Mounts, undefined);
  });

  it('is gone with its end, and ends with the stream of its configuration', () => {
    const spec = containerSpec(plan);
    assert.deepEqual([spec.OpenStdin, spec.StdinOnce, spec.HostConfig!.AutoRemove], [true, true, true]);
    assert.deepEqual(spec.HostConfig!.RestartPolicy, { Name: 'no' });
  });

  it('asks for the very devices of its node, by a driver or by CDI', () => {
    const asked = (gpus: GpuRequest) => hostOf({ gpus }).DeviceRequests;
    assert.deepEqual(asked({ kind: 'runtime', devices: [1, 3] }), [
      { Driver: '', DeviceIDs: ['1', '3'], Capabilities: [['gpu']] },
    ]);
    assert.deepEqual(asked({ kind: 'cdi', devices: [1, 3] }), [
      { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=1', 'nvidia.com/gpu=3'] },
    ]);
  });
});

describe('the container of an image of the service’s own', () => {
  const own = { ...plan, link: { kind: 'none' } as const, serverPort: 8080 };

  it('runs what it is made to run, and is told where to listen', () => {
    const spec = ownImageSpec(own, { command: undefined, environment: { MODE: 'fast', PORT: '1' } });
    assert.deepEqual([spec.Entrypoint, spec.Cmd, spec.WorkingDir, spec.OpenStdin], Array.from({ length: 4 }));
    assert.ok(
      ['HOST=0.0.0.0', 'PORT=8080', 'MODE=fast'].every((line) => spec.Env!.includes(line)),
      spec.Env!.join(),
    );
    assert.deepEqual(spec.HostConfig!.PortBindings, { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] });
    assert.equal(spec.HostConfig!.Mounts, undefined);
  });

  it('runs the command of the service instead, with the port in the places for it', () => {
    const { Entrypoint, Cmd } = ownImageSpec(own, {
      command: ['serve', '--port=$PORT', '${HOST}:$PORT', '$PORTS'],
      environment: {},
    });
    assert.deepEqual([Entrypoint, Cmd], [[], ['serve', '--port=8080', '0.0.0.0:8080', '$PORTS']]);
  });

  it('is as guarded as any other', () => {
    const { HostConfig } = ownImageSpec(own, { command: undefined, environment: {} });
    const without = { PortBindings: undefined, Mounts: undefined };
    assert.deepEqual({ ...HostConfig, ...without }, { ...hostOf(), ...without });
  });
});
