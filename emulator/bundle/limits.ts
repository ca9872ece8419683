// How large a bundle may be, the same when it is packed and when it is unpacked.

export interface BundleLimits {
  readonly maxFiles: number;
  /** Bytes of the archive, which are those of the files and a little more: it is not compressed. */
  readonly maxBytes: number;
  /** Names in a path: `a/b/c.py` has three. */
  readonly maxDepth: number;
  /** UTF-8 bytes of a path. */
  readonly maxPathBytes: number;
}

/** Room for a large model with its tokenizer and code; a folder that is over it holds something that nobody meant. */
export const defaultLimits: BundleLimits = {
  maxFiles: 20_000,
  maxBytes: 32 * 1024 ** 3,
  maxDepth: 32,
  maxPathBytes: 1024,
};
