// A configuration of 2017 becomes the manifest that says the same.
import assert from 'node:assert/strict';
import { importConfiguration } from '../../../emulator/bundle/import-2017.ts';
import { Manifest } from '../../../schemas/manifest.ts';

const read = (value: unknown): ReturnType<typeof importConfiguration> =>
  importConfiguration(typeof value === 'string' ? value : JSON.stringify(value), 'x.conf', 'mnist', () => ['a==1']);
const exec = { main_file: 'mnist_inference', main_class: 'MnistModel' };

describe('slipway import', () => {
  it('takes main file, class, model folder and the rest of the section', () => {
    const manifest = read({
      http_server: { exec, mxnet: { model_dir: './checkpoint_dir/', model_prefix: 'm', num_epoch: 12 } },
    });
    assert.deepEqual(manifest, {
      name: 'mnist',
      main: 'mnist_inference.py',
      class: 'MnistModel',
      framework: 'mxnet',
      model: 'checkpoint_dir',
      requirements: ['a==1'],
      config: { model_prefix: 'm', num_epoch: 12 },
    });
    Manifest.parse(manifest);
  });

  it('declares the interfaces that code of the time was written for', () => {
    assert.deepEqual(read({ http_server: { exec, tensorflow: {} } }).compat, { tensorflow: 1 });
    assert.deepEqual(read({ http_server: { exec, keras: { model_dir: '.' } } }).compat, { keras: 2 });
    assert.equal(read({ http_server: { exec, keras: { model_dir: '.' } } }).model, undefined);
  });

  it('says what is missing', () => {
    assert.throws(() => read('{'), /x\.conf is not JSON/);
    assert.throws(() => read({ http_server: { exec: {} } }), /main_file/);
    assert.throws(() => read({ http_server: { exec } }), /one of tensorflow, keras/);
  });
});
