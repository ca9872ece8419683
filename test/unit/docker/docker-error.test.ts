import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { dockerError, isUnreachable, statusOf } from '../../../emulator/docker/docker-error.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';

/** As the client rejects with what the Engine answers. */
const answer = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message}`), { statusCode, json: { message } });
const system = (code: string, message = code): Error => Object.assign(new Error(message), { code });

describe('what the Docker Engine answers instead of a result', () => {
  const cases: [string, Error, string, RegExp][] = [
    ['nobody at the socket', system('ENOENT'), 'docker_unreachable', /No Docker Engine answered/],
    ['nobody at the port', system('ECONNREFUSED'), 'docker_unreachable', /ECONNREFUSED/],
    ['an Engine that ended meanwhile', new Error('socket hang up'), 'docker_unreachable', /socket hang up/],
    ['a certificate of somebody else', system('ERR_TLS_CERT_ALTNAME_INVALID'), 'docker_unreachable', /ALTNAME/],
    [
      'no driver for GPUs',
      answer(500, 'could not select device driver "" with capabilities: [[gpu]]'),
      'gpu_unavailable',
      /cannot start a container with GPUs/,
    ],
    [
      'a GPU that CDI does not know',
      answer(500, 'CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=7'),
      'gpu_unavailable',
      /nvidia\.com\/gpu=7/,
    ],
    ['a full disk', answer(500, 'write /var/lib/docker/x: no space left on device'), 'disk_full', /disk of the Docker/],
    ['anything else', answer(409, 'Conflict'), 'docker_refused', /did not start a container: Conflict$/],
  ];
  for (const [what, error, code, message] of cases) {
    it(`is told: ${what}`, () => {
      const told = dockerError(error, 'start a container');
      assert.equal(told.code, code);
      assert.match(told.message, message);
    });
  }

  it('has a hint of its own where the socket may not be opened', () => {
    assert.match(dockerError(system('EACCES'), 'list images').hint, /group `docker`/);
  });

  it('stays what it is when it is one of ours, and a mistake of ours is none of the Engine’s', () => {
    const ours = new SlipwayError('image_missing', 'not there');
    assert.equal(dockerError(ours, 'x'), ours);
    assert.equal(dockerError(new TypeError('x is not a function'), 'x').code, 'internal');
  });

  it('has a status exactly when the Engine answered', () => {
    assert.deepEqual(
      [statusOf(answer(404, 'no')), statusOf(system('ENOENT')), statusOf(undefined)],
      [404, undefined, undefined],
    );
    assert.deepEqual([isUnreachable(answer(500, 'socket hang up')), isUnreachable(system('EPIPE'))], [false, true]);
  });
});
