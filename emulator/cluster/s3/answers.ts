// What is read of the answers of an S3-compatible store. They are XML of a known and flat form; keys of ours are hex.

export interface Listed {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** The first element of a name, its text decoded. */
export function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined ? undefined : decode(found);
}

export function errorIn(xml: string): { readonly code: string; readonly message: string } | undefined {
  if (!/<Error[ >]/.test(xml)) return undefined;
  return { code: element(xml, 'Code') ?? '', message: element(xml, 'Message') ?? '' };
}

/** @throws Error when there is none */
export function uploadIdIn(xml: string): string {
  const id = element(xml, 'UploadId');
  if (id === undefined) throw new Error('the store began no upload in parts');
  return id;
}

/** One page of a listing; `next` asks for the one after it. */
export function listingIn(xml: string): { readonly items: readonly Listed[]; readonly next: string | undefined } {
  const items = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, one = '']) => ({
    key: element(one, 'Key') ?? '',
    modifiedAt: Date.parse(element(one, 'LastModified') ?? '') || 0,
  }));
  const isCut = element(xml, 'IsTruncated') === 'true';
  return { items, next: isCut ? element(xml, 'NextContinuationToken') : undefined };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name: string | undefined) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
