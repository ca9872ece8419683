// slipway.json: defaults are those of the documentation, and what does not fit is refused with what to write instead.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { Manifest, RelativePath, toBytes } from '../../../schemas/manifest.ts';

const least = { name: 'mnist', main: 'service.py' };

function refusal(manifest: unknown): string {
  const parsed = Manifest.safeParse(manifest);
  assert.equal(parsed.success, false, `accepted ${JSON.stringify(manifest)}`);
  return z.prettifyError(parsed.error);
}

describe('an image of the service’s own', () => {
  const own = { name: 'chat', server: {}, container: { image: 'team/chat:3' } };

  it('is a server, of which nothing more need be said', () => {
    assert.equal(Manifest.parse(own).container.image, 'team/chat:3');
    assert.equal(Manifest.parse({ ...own, server: { port: 80, command: ['serve'] } }).server!.port, 80);
  });

  it('is refused with a class, without a server, or with anything that would have to be put into it', () => {
    const cases: [object, RegExp][] = [
      [{ name: 'chat', main: 'main.py', container: own.container }, /is a server: add a "server"/],
      [{ ...own, container: { ...own.container, base: 'python:3.12' } }, /nothing is put into an image of its own/],
      [{ ...own, requirements: ['numpy'] }, /nothing is put/],
      [{ ...own, apt: ['libgomp1'] }, /nothing is put/],
      [{ ...own, model: 'model' }, /nothing is put/],
    ];
    for (const [manifest, message] of cases) assert.match(refusal(manifest), message);
  });

  it('is the only one that may leave out the command, or have a port', () => {
    assert.match(refusal({ name: 'chat', server: {} }), /name the "command" that is the server/);
    assert.match(refusal({ name: 'chat', server: { command: ['serve'], port: 80 } }), /only an image of its own/);
  });
});

describe('manifest', () => {
  it('needs no more than a name and a main file', () => {
    const manifest = Manifest.parse(least);
    assert.equal(manifest.name, 'mnist');
    assert.equal(manifest.main, 'service.py');
  });

  it('has the documented defaults', () => {
    const { batching, resources, timeouts, limits, health, container, capture, ...rest } = Manifest.parse(least);
    assert.deepEqual(batching, { maxBatchSize: 64, maxBatchDelayMs: 5 });
    assert.deepEqual(resources, { cpu: 1, memory: '1Gi', gpu: 0, gpuShared: false, pids: 1024 });
    assert.deepEqual(timeouts, { deadlineMs: 30_000, loadMs: 120_000, drainMs: 30_000, bodyMs: 30_000 });
    assert.deepEqual(limits, { maxBodyBytes: '32Mi', maxResultBytes: '64Mi' });
    assert.deepEqual(health, { silenceMs: 3_000 });
    assert.deepEqual(container, { shm: '64Mi', tmp: '256Mi' });
    assert.deepEqual(capture, {
      batches: 64,
      maxBytes: '16Mi',
      redactHeaders: ['authorization', 'cookie', 'proxy-authorization'],
    });
    assert.deepEqual(rest, {
      ...least,
      framework: 'python',
      python: '>=3.9',
      requirements: [],
      apt: [],
      samples: 'samples',
      replicas: 1,
      idempotent: true,
      environment: {},
      config: {},
    });
  });

  it('fills the defaults of a group of which one field is given', () => {
    assert.deepEqual(Manifest.parse({ ...least, batching: { maxBatchSize: 8 } }).batching, {
      maxBatchSize: 8,
      maxBatchDelayMs: 5,
    });
  });

  it('names a field that it does not know', () => {
    assert.match(refusal({ ...least, replica: 2 }), /"replica"/);
    assert.match(refusal({ ...least, batching: { size: 2 } }), /"size"[\s\S]*batching/);
  });

  it('names the fields that are missing', () => {
    assert.match(refusal({}), /name[\s\S]*main/);
  });

  it('F35 refuses numbers that are negative, fractional, infinite or none, naming the field', () => {
    for (const replicas of [-1, 1.5, NaN, Infinity, '2', null])
      assert.match(refusal({ ...least, replicas }), /replicas/);
    for (const maxBatchSize of [0, -1, 2.5, NaN, 5000]) {
      assert.match(refusal({ ...least, batching: { maxBatchSize } }), /batching\.maxBatchSize/);
    }
    for (const maxBatchDelayMs of [-1, NaN, 1001]) {
      assert.match(refusal({ ...least, batching: { maxBatchDelayMs } }), /batching\.maxBatchDelayMs/);
    }
    for (const cpu of [0, -1, NaN, Infinity]) assert.match(refusal({ ...least, resources: { cpu } }), /resources\.cpu/);
    for (const deadlineMs of [0, -5, 0.5, NaN]) {
      assert.match(refusal({ ...least, timeouts: { deadlineMs } }), /timeouts\.deadlineMs/);
    }
  });

  it('F35 refuses a document that is no object', () => {
    for (const document of [null, [], 'mnist', 7, true]) assert.match(refusal(document), /expected object/);
  });

  it('F5 takes a key named __proto__ as an unknown field and changes no prototype', () => {
    const document = JSON.parse('{"name":"a","main":"a.py","__proto__":{"polluted":true}}') as unknown;
    assert.equal(Manifest.safeParse(document).success, false);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('says how a task may be named', () => {
    for (const name of ['', 'Mnist', 'a b', '9a', 'a-', 'a_b', 'a/b', 'a'.repeat(49), 'größe']) {
      assert.match(refusal({ ...least, name }), /use 1 to 48 of a-z, 0-9 and "-"/);
    }
    for (const name of ['a', 'a1', 'a-b', 'a'.repeat(48)]) assert.equal(Manifest.parse({ ...least, name }).name, name);
  });

  it('wants a Python file as main', () => {
    assert.match(refusal({ ...least, main: 'service.js' }), /name a \.py file/);
  });

  it('takes requirements as a list or as the path of a file', () => {
    assert.deepEqual(Manifest.parse({ ...least, requirements: ['numpy>=1.26'] }).requirements, ['numpy>=1.26']);
    assert.equal(Manifest.parse({ ...least, requirements: 'requirements.txt' }).requirements, 'requirements.txt');
    assert.match(refusal({ ...least, requirements: '../requirements.txt' }), /requirements/);
  });

  it('takes Python versions in the form of PEP 440', () => {
    for (const python of ['>=3.10,<3.13', '==3.11.*', '>= 3.9', '~=3.10']) {
      assert.equal(Manifest.parse({ ...least, python }).python, python);
    }
    for (const python of ['3.11', 'latest', '>=3.10;rm', '']) {
      assert.match(refusal({ ...least, python }), /write it like ">=3.10,<3.13"/);
    }
  });

  it('refuses names of environment variables that a shell would not take', () => {
    assert.deepEqual(Manifest.parse({ ...least, environment: { OMP_NUM_THREADS: '1' } }).environment, {
      OMP_NUM_THREADS: '1',
    });
    refusal({ ...least, environment: { 'A=B': '1' } });
    refusal({ ...least, environment: { A: 1 } });
  });
});

describe('a path in the manifest', () => {
  it('stays inside the service folder', () => {
    for (const path of ['/etc/passwd', '\\a', 'C:\\a', 'c:a', 'a\\b', '..', '../a', 'a/../../b', 'a/..', 'a\0b', '']) {
      assert.equal(RelativePath.safeParse(path).success, false, `accepted ${JSON.stringify(path)}`);
    }
  });

  it('may hold dots, spaces and letters of any language', () => {
    for (const path of ['a', './a', 'a..b/c', '.hidden', 'my model/größe.bin', '模型/1']) {
      assert.equal(RelativePath.parse(path), path);
    }
  });
});

describe('bytes in the manifest', () => {
  it('may be a number or have a unit', () => {
    const bytes = (memory: unknown): number =>
      toBytes(Manifest.parse({ ...least, resources: { memory } }).resources.memory);
    assert.equal(bytes(4096), 4096);
    assert.equal(bytes('10'), 10);
    assert.equal(bytes('3k'), 3_000);
    assert.equal(bytes('512Mi'), 512 * 1024 * 1024);
    assert.equal(bytes('2Gi'), 2 * 1024 ** 3);
    assert.equal(bytes('2G'), 2e9);
  });

  it('refuses none, negative ones and unknown units with an example', () => {
    for (const memory of ['0', '-1', '1.5Gi', '1gb', '1 Gi', '1e9', 'Mi']) {
      assert.match(refusal({ ...least, resources: { memory } }), /512Mi|Invalid input/);
    }
    for (const memory of [0, -1, 1.5, NaN, Infinity]) refusal({ ...least, resources: { memory } });
  });

  it('is as many times the unit as it says, whatever the number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (count) => {
        assert.equal(toBytes(`${String(count)}Ki`), count * 1024);
        assert.equal(toBytes(`${String(count)}M`), count * 1e6);
      }),
    );
  });

  it('takes a part of a GPU only where the service declares that it shares one', () => {
    const wrong = (resources: object): string[] =>
      Manifest.safeParse({ ...least, resources }).error?.issues.map(({ message }) => message) ?? [];
    assert.match(wrong({ gpu: 0.5 })[0]!, /declare "gpuShared": true/);
    assert.match(wrong({ gpu: 1.5, gpuShared: true })[0]!, /less than 1/);
    assert.deepEqual(wrong({ gpu: 0.5, gpuShared: true }), []);
    assert.deepEqual(wrong({ gpu: 2, gpuShared: true }), []);
  });
});
