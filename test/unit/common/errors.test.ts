// Errors with a code of the table: what they carry, and how foreign ones become ours.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { fromReason, SlipwayError, toSlipwayError, unreachable } from '../../../emulator/common/errors.ts';
import { errorTable } from '../../../schemas/errors.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: system`), { code });
}

describe('slipway error', () => {
  it('has the status and hint of its code', () => {
    const error = new SlipwayError('queue_full', 'The queue of mnist@v1 holds 640 of 640 requests.');
    assert.equal(error.status, 429);
    assert.equal(error.hint, errorTable.queue_full.hint);
  });

  it('prefers the hint of the place that raised it', () => {
    assert.equal(new SlipwayError('port_taken', 'taken', { hint: 'Use 8081.' }).hint, 'Use 8081.');
  });

  it('goes through a reason and back unchanged', () => {
    const error = new SlipwayError('load_failed', 'raised', { traceback: 'Traceback', hint: 'Look.' });
    const back = fromReason(error.toReason());
    assert.deepEqual(back.toReason(), error.toReason());
    assert.deepEqual(Object.keys(new SlipwayError('usage', 'x').toReason()), ['code', 'message', 'hint']);
  });

  it('keeps its cause', () => {
    const cause = new Error('below');
    assert.equal(new SlipwayError('internal', 'above', { cause }).cause, cause);
  });
});

describe('a foreign error', () => {
  it('stays as it is when it is ours', () => {
    const error = new SlipwayError('usage', 'x');
    assert.equal(toSlipwayError(error), error);
  });

  it('F29 F32 F30 is named by what the system says', () => {
    const codes = { ENOSPC: 'disk_full', EDQUOT: 'disk_full', EMFILE: 'too_many_files', ENFILE: 'too_many_files' };
    for (const [system, code] of Object.entries(codes)) assert.equal(toSlipwayError(systemError(system)).code, code);
    assert.equal(toSlipwayError(systemError('EROFS')).code, 'home_unwritable');
    // As signals give it, and as Node's own functions do.
    assert.equal(toSlipwayError(AbortSignal.abort().reason).code, 'cancelled');
    assert.equal(toSlipwayError(Object.assign(systemError('ABORT_ERR'), { name: 'AbortError' })).code, 'cancelled');
  });

  it('is internal otherwise, also when it is no error at all', () => {
    assert.equal(toSlipwayError(systemError('EOTHER')).code, 'internal');
    for (const thrown of ['text', 7, null, undefined]) {
      const error = toSlipwayError(thrown);
      assert.equal(error.code, 'internal');
      assert.equal(error.message, String(thrown));
    }
  });
});

describe('unreachable', () => {
  it('names the value that should not be', () => {
    assert.throws(() => unreachable('odd' as never), /unexpected value "odd"/);
  });
});
