// The table of error codes: complete sentences, statuses that say what they mean.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ErrorBody, ErrorCode, errorTable, type ErrorRow } from '../../../schemas/errors.ts';

const rows: readonly (readonly [string, ErrorRow])[] = Object.entries(errorTable);

describe('error table', () => {
  it('has codes in snake case', () => {
    for (const [code] of rows) assert.match(code, /^[a-z]+(_[a-z]+)*$/);
  });

  it('says of every code what it means and what to do, in whole sentences', () => {
    for (const [code, { meaning, hint }] of rows) {
      assert.match(meaning, /^([A-Z]|slipway\.json|execute ).*\.$/, code);
      assert.match(hint, /^[A-Z].*\.$/, code);
    }
  });

  it('has statuses of errors only', () => {
    for (const [code, { status }] of rows) assert.ok(status >= 400 && status <= 599, code);
  });

  it('answers 429 and 503 to requests only where nothing was executed', () => {
    const notExecuted = ['queue_full', 'no_replica', 'draining'];
    const executed = ['service_raised', 'contract_count', 'contract_type', 'replica_lost', 'request_quarantined'];
    for (const code of notExecuted) assert.ok([429, 503].includes(errorTable[ErrorCode.parse(code)].status), code);
    for (const code of executed) assert.ok([500, 502].includes(errorTable[ErrorCode.parse(code)].status), code);
  });

  it('accepts an error body with a code of the table and refuses another', () => {
    const body = { error: { code: 'queue_full', message: 'full' }, requestId: 'r1' };
    assert.deepEqual(ErrorBody.parse(body), body);
    assert.equal(ErrorBody.safeParse({ error: { code: 'oops', message: 'x' } }).success, false);
  });
});
