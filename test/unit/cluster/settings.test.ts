import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { anyAddress, serviceUrl } from '../../../emulator/cluster/settings.ts';

describe('where processes of a cluster find each other', () => {
  it('is the address of the Service, in the form that a URL has it, or its name', () => {
    assert.equal(
      serviceUrl({ SLIPWAY_BUNDLES_SERVICE_HOST: '10.0.0.1' }, 'slipway-bundles', 7445),
      'https://10.0.0.1:7445',
    );
    const six = serviceUrl({ SLIPWAY_BUNDLES_SERVICE_HOST: 'fd00::1' }, 'slipway-bundles', 7445);
    assert.equal(new URL(six).hostname, '[fd00::1]');
    assert.equal(serviceUrl({}, 'slipway-bundles', 7445), 'https://slipway-bundles:7445');
  });

  it('is each address of their pods, of whichever family', () => {
    assert.equal(anyAddress({ POD_IPS: '10.0.0.1' }), '0.0.0.0');
    assert.equal(anyAddress({ POD_IPS: '10.0.0.1,fd00::1' }), '::');
    assert.equal(anyAddress({ POD_IPS: 'fd00::1' }), '::');
  });
});
