import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { errorIn, listingIn, uploadIdIn } from '../../../emulator/cluster/s3/answers.ts';

const page = (items: string, more = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${more}${items}</ListBucketResult>`;

describe('the answers of an S3-compatible store', () => {
  it('name the objects of a page, and the page after it', () => {
    const items =
      '<Contents><Key>a&amp;b&#47;c&#x41;</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><Size>1</Size></Contents>' +
      '<Contents>\n<Key>d</Key>\n<LastModified>never</LastModified></Contents>';
    const cut = '<IsTruncated>true</IsTruncated><NextContinuationToken>x+/=</NextContinuationToken>';
    assert.deepEqual(listingIn(page(items, cut)), {
      items: [
        { key: 'a&b/cA', modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
        { key: 'd', modifiedAt: 0 },
      ],
      next: 'x+/=',
    });
  });

  it('end with the page that is not cut, and may be empty', () => {
    const whole = '<IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>';
    assert.deepEqual(listingIn(page('', whole)), { items: [], next: undefined });
  });

  it('tell an error, and are none otherwise', () => {
    const text =
      '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>It &lt;is&gt; not there</Message></Error>';
    assert.deepEqual(errorIn(text), { code: 'NoSuchBucket', message: 'It <is> not there' });
    assert.equal(errorIn(page('')), undefined);
    assert.equal(errorIn('<html>gateway</html>'), undefined);
  });

  it('name an upload in parts, or are refused', () => {
    assert.equal(
      uploadIdIn('<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>'),
      'u&1',
    );
    assert.throws(() => uploadIdIn('<a/>'), /no upload/);
  });
});
