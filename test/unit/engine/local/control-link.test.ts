import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { frameType, type StatePayload } from '../../../../schemas/frames.ts';
import { ReplicaId } from '../../../../schemas/ids.ts';
import { systemClock } from '../../../../emulator/common/clock.ts';
import { ControlLink } from '../../../../emulator/engine/local/control-link.ts';
import { encodeFrame } from '../../../../emulator/link/frame.ts';
import { inTemporaryFolder } from '../../../support/temporary-folder.ts';

describe('the control link to a worker', () => {
  it('has not ended while it dials one that said why it failed, and is gone before that is read', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'w');
      const worker = createServer().listen(path);
      await once(worker, 'listening');
      const told: StatePayload[] = [];
      const link = new ControlLink({
        address: { kind: 'unix', path },
        replica: ReplicaId.parse('fake-v1-00000000-r0'),
        clock: systemClock,
        listener: { state: (state) => told.push(state), log: () => {}, paused: () => {}, alive: () => {} },
      });
      try {
        const [socket] = (await once(worker, 'connection')) as [Socket];
        socket.on('error', () => undefined);
        const ended = link.ended;
        const reason = { code: 'replica_oom', message: 'no room on the card' };
        const hello = {
          ...{ protocol: 1, replica: 'fake-v1-00000000-r0', version: 'fake-v1-00000000', pid: 1, python: '3' },
          ...{ state: 'failed', reason },
        };
        socket.end(encodeFrame(frameType.hello, 0, hello));
        worker.close();
        await ended;
        assert.deepEqual(
          told.map(({ state, reason: why }) => [state, why?.code]),
          [['failed', 'replica_oom']],
        );
      } finally {
        link.close();
      }
    }));
});
