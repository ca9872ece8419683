// What speaks for a server that has no worker of ours beside it, on real sockets.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { systemClock } from '../../../../../emulator/common/clock.ts';
import { ReplicaId, VersionKey } from '../../../../../schemas/ids.ts';
import { frameType, StatePayload } from '../../../../../schemas/frames.ts';
import type { WorkerAddress } from '../../../../../schemas/tasks.ts';
import { WorkerLink } from '../../../../../emulator/link/worker-link.ts';
import { StandIn, type StandInOptions } from '../../../../../emulator/engine/local/docker/stand-in.ts';
import { inTemporaryFolder } from '../../../../support/temporary-folder.ts';
import { until } from '../../../../support/waiting.ts';

class Told {
  readonly states: string[] = [];
  pongs = 0;
  isClosed = false;
  link!: WorkerLink;

  static async dial(address: WorkerAddress, role: 'control' | 'data'): Promise<Told> {
    const told = new Told();
    told.link = await WorkerLink.dial({
      ...{ address, role, clock: systemClock, signal: AbortSignal.timeout(10_000) },
      listener: {
        frame: (type, _id, payload) => {
          if (type === frameType.pong) told.pongs++;
          if (type === frameType.state) told.states.push(StatePayload.parse(JSON.parse(payload.toString())).state);
        },
        closed: () => (told.isClosed = true),
      },
    });
    // A change may come with the very bytes of the hello.
    told.states.unshift(told.link.hello.state);
    return told;
  }
}

describe('a stand-in for the worker of an image of its own', () => {
  let server: Server;
  let status = 503;
  let standIn: StandIn | undefined;
  let isSuspended = false;
  let drained = 0;
  beforeEach(async () => {
    [status, isSuspended, drained] = [503, false, 0];
    server = createServer((_, answer) => void answer.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    standIn?.close();
    server.closeAllConnections();
    server.close();
  });

  async function start(more: Partial<StandInOptions> = {}): Promise<WorkerAddress> {
    standIn = await StandIn.start({
      replica: ReplicaId.parse('svc-v1-r0'),
      version: VersionKey.parse('svc-v1-00000000'),
      path: undefined,
      secret: 'secret',
      server: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      health: '/health',
      startMs: 30_000,
      failsLoad: false,
      clock: systemClock,
      isSuspended: () => isSuspended,
      drained: () => drained++,
      ...more,
    });
    return standIn.address;
  }

  it('is loading until the server answers its path, and ready then', async () => {
    const control = await Told.dial(await start(), 'control');
    assert.deepEqual(control.states, ['loading']);
    assert.equal(control.link.hello.httpPort, (server.address() as AddressInfo).port);
    status = 204;
    await until(() => control.states.at(-1) === 'ready');
  });

  it('needs only a connection where the service names no path', async () => {
    const control = await Told.dial(await start({ health: undefined }), 'control');
    await until(() => control.states.at(-1) === 'ready');
  });

  it('says that it failed when the server takes too long, or is to fail', async () => {
    const late = await Told.dial(await start({ startMs: 0 }), 'control');
    await until(() => late.states.at(-1) === 'failed');
    standIn!.close();
    const told = await Told.dial(await start({ failsLoad: true }), 'control');
    assert.deepEqual(told.states, ['failed']);
    assert.equal(told.link.hello.reason?.code, 'load_failed');
  });

  it('answers pings, and not while its container is paused', async () => {
    const control = await Told.dial(await start(), 'control');
    control.link.send(frameType.ping, 1);
    await until(() => control.pongs === 1);
    isSuspended = true;
    control.link.send(frameType.ping, 2);
    const other = await Told.dial(standIn!.address, 'control');
    assert.deepEqual([control.pongs, other.pongs], [1, 0]);
  });

  it('is drained when it was told to end and the last gateway has left, once', async () => {
    status = 200;
    const address = await start();
    const [control, gateway] = [await Told.dial(address, 'control'), await Told.dial(address, 'data')];
    control.link.send(frameType.drain, 0);
    await until(() => control.states.at(-1) === 'draining');
    assert.equal(drained, 0);
    gateway.link.close();
    await until(() => drained === 1);
    control.link.send(frameType.drain, 0);
    control.link.send(frameType.ping, 1);
    await until(() => control.pongs === 1);
    assert.equal(drained, 1);
  });

  it('speaks to nobody without its secret, and on a private socket wants none', async () => {
    const address = await start();
    assert.ok(address.kind === 'tcp');
    await assert.rejects(Told.dial({ ...address, secret: 'wrong' }, 'data'), { code: 'replica_unreachable' });
    standIn!.close();
    await inTemporaryFolder(async (folder) => {
      const told = await Told.dial(await start({ path: join(folder, 's') }), 'data');
      assert.equal(told.link.hello.replica, 'svc-v1-r0');
      told.link.destroy();
      standIn!.close();
    });
  });

  it('drops a link that speaks another language', async () => {
    const address = await start();
    const control = await Told.dial(address, 'control');
    control.link.write([Buffer.alloc(64, 0xff)]);
    await until(() => control.isClosed);
  });
});
