import assert from 'node:assert/strict';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import { limitSilence } from '../../../emulator/common/silence.ts';
import { skip } from '../../support/skip.ts';
import { withDeafPort } from '../../support/deaf-port.ts';

/** Asks a port of this machine. @returns whether the connection was still being made when the request was ended */
function ask(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: new Agent() }, () => reject(new Error('it was answered')));
    limitSilence(sent, 300, () => {
      resolve(sent.socket?.connecting === true);
      sent.destroy();
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the limit of silence', () => {
  it('ends a request whose connection is not made', function () {
    if (process.platform !== 'linux') skip(this, 'what a full queue does is known of Linux');
    return withDeafPort(async (port) => assert.equal(await ask(port), true));
  });

  it('ends a request that is not answered on a connection that is', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      assert.equal(await ask((server.address() as AddressInfo).port), false);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
