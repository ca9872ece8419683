// A certificate that is renewed while the processes of a cluster run, on real connections.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Certificate } from '../../../emulator/cluster/certificate.ts';
import { GatewayLoads } from '../../../emulator/cluster/gateway-loads.ts';
import { Inside } from '../../../emulator/cluster/inside.ts';
import { InternalServer } from '../../../emulator/cluster/internal-server.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { makeCertificate, type Certificate as Files } from '../../support/certificate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { freePorts } from '../../support/free-ports.ts';
import { mountSecret } from '../../support/mounted-secret.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const lookMs = 10_000;

interface Site {
  /** Of the process that is called, and of the one that calls: each reads the secret for itself. */
  readonly [side: string]: { readonly clock: FakeClock; readonly certificate: Certificate };
}

describe('a certificate that is renewed', () => {
  const use = async (
    test: (site: Site, renew: (files: Partial<Files>) => Promise<void>, ask: () => Promise<string>) => Promise<void>,
  ): Promise<void> => {
    const { path: folder, remove } = await temporaryFolder();
    const mounted = `${folder}/mounted`;
    const renew = async ({ cert = '', key = '' }: Partial<Files>): Promise<void> =>
      mountSecret(mounted, { 'tls.crt': cert, 'tls.key': key });
    await renew(await makeCertificate(folder));
    const side = (): Site[string] => {
      const clock = new FakeClock();
      return { clock, certificate: new Certificate({ folder: mounted, clock, log: silentLogger }) };
    };
    const site = { called: side(), calling: side() };
    const [port] = await freePorts(1);
    const { certificate } = site.called;
    const server = new InternalServer({
      ...{ routes: { subscribe: () => () => undefined }, loads: new GatewayLoads(site.called.clock), secret: 'secret' },
      ...{ feedback: { take: () => true }, certificate, host: '127.0.0.1', port: port!, clock: site.called.clock },
      log: silentLogger,
    });
    await server.listen();
    const { certificate: trust } = site.calling;
    const url = `https://127.0.0.1:${port}`;
    const inside = new Inside({ url, trusted: trust.trusted, authorization: 'Bearer secret' });
    trust.follow(() => inside.trust(trust.trusted));
    /** What a new connection comes to. */
    const ask = (): Promise<string> =>
      inside.json({ method: 'GET', path: '/nothing', headers: { connection: 'close' } }).then(
        () => 'answered',
        (error: unknown) => (error as { readonly code: string }).code,
      );
    try {
      await test(site, renew, ask);
    } finally {
      await inside.close();
      await server.close();
      for (const { certificate: one } of Object.values(site)) await one.close();
      await remove();
    }
  };
  const other = async (): Promise<Files> => {
    const { path, remove } = await temporaryFolder();
    return makeCertificate(path).finally(remove);
  };
  /** The server knows no such path: it was reached. */
  const reached = 'route_not_found';

  it('is shown and trusted without a restart, whichever side has it first', () =>
    use(async ({ called, calling }, renew, ask) => {
      assert.equal(await ask(), reached);
      await renew(await other());
      calling!.clock.advance(lookMs);
      assert.equal(await ask(), reached, 'the one before is trusted still');
      called!.clock.advance(lookMs);
      assert.equal(await ask(), reached);
      await renew(await other());
      called!.clock.advance(lookMs);
      assert.equal(await ask(), 'platform_unreachable', 'what was never in the secret is not trusted');
      calling!.clock.advance(lookMs);
      assert.equal(await ask(), reached);
    }));

  it('stays as it was when what the secret has is none, or has another key', () =>
    use(async ({ called, calling }, renew, ask) => {
      const before = called!.certificate.tls.cert;
      const [one, two] = [await other(), await other()];
      for (const files of [{ cert: 'nonsense', key: one.key }, { cert: one.cert, key: two.key }, {}]) {
        await renew(files);
        called!.clock.advance(lookMs);
        calling!.clock.advance(lookMs);
        assert.equal(called!.certificate.tls.cert, before);
        assert.equal(await ask(), reached);
      }
    }));
});
