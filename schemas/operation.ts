// The form of one row of the control API's table.
import type { z } from 'zod';

export interface Operation {
  readonly method: 'get' | 'head' | 'put' | 'post' | 'delete';
  /** Express form: `/api/v1/tasks/:task`. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Schema of the answer; absent where there is no JSON body. */
  readonly answer?: z.ZodType;
  readonly status: 200 | 201 | 202 | 204;
  /** The body is bytes, not JSON. */
  readonly binary?: true;
  /** With `follow`, the answer is a stream of server-sent events. */
  readonly stream?: true;
}
