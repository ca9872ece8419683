import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { baseImage } from '../../../emulator/docker/base-image.ts';
import { Manifest, type ManifestInput } from '../../../schemas/manifest.ts';

const of = (input: Partial<ManifestInput>, chosen?: string): { reference: string; apt: readonly string[] } =>
  baseImage(Manifest.parse({ name: 'svc', main: 'main.py', ...input }), chosen);

describe('the base image of a service', () => {
  const cases: [string, Partial<ManifestInput>, string][] = [
    ['is that of the usual Python', {}, 'python:3.12-slim-bookworm'],
    ['follows the range of Python', { python: '>=3.9,<3.12' }, 'python:3.11-slim-bookworm'],
    ['is that of an exact release', { python: '==3.10.14' }, 'python:3.10.14-slim-bookworm'],
    ['is one for which MXNet has wheels', { framework: 'mxnet' }, 'python:3.11-slim-bookworm'],
    ['has Caffe, or can have it', { framework: 'caffe' }, 'debian:bullseye-slim'],
    [
      'is the plain one where CUDA comes in wheels',
      { framework: 'pytorch', resources: { gpu: 1 } },
      'python:3.12-slim-bookworm',
    ],
    [
      'has CUDA where the framework brings none',
      { framework: 'onnx', resources: { gpu: 1 } },
      'nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04',
    ],
  ];
  for (const [what, input, expected] of cases) it(what, () => assert.equal(of(input).reference, expected));

  it('is the one that the service names, before the one of the platform, before ours', () => {
    assert.equal(of({}, 'platform:1').reference, 'platform:1');
    assert.deepEqual(of({ framework: 'caffe', container: { base: 'own:2' } }, 'platform:1'), {
      reference: 'own:2',
      apt: [],
    });
  });

  it('brings the packages that make it what the framework needs', () => {
    assert.deepEqual(of({ framework: 'caffe' }).apt, ['python3-caffe']);
    assert.deepEqual([of({ framework: 'mxnet' }).apt, of({}).apt], [['libgomp1', 'libquadmath0'], []]);
    assert.ok(of({ framework: 'onnx', resources: { gpu: 1 } }).apt.includes('python3-venv'));
  });

  it('is refused where no line of Python fits', () => {
    assert.throws(() => of({ framework: 'mxnet', python: '>=3.12' }), {
      code: 'manifest_invalid',
      message: /mxnet with 3\.11, 3\.10, 3\.9/,
    });
    assert.throws(() => of({ framework: 'caffe', python: '>=3.10' }), { code: 'manifest_invalid' });
  });
});
