import { canonicalJson } from '../canonical-json.js';

/** The body of a message, parsed. */
export type PlainBody = Record<string, unknown> & { type: string };

/** A key-value service with the semantics of `lin-kv`. */
export class KeyValueOrigin {
  private readonly values = new Map<string, unknown>();

  /** Applies a request at once and returns the reply's body, without its numbers. */
  apply(body: PlainBody): PlainBody {
    const key = canonicalJson(JSON.stringify(body['key']), 100);
    switch (body.type) {
      case 'read':
        return this.values.has(key)
          ? { type: 'read_ok', value: this.values.get(key) }
          : { type: 'error', code: 20, text: 'key does not exist' };
      case 'write':
        this.values.set(key, body['value']);
        return { type: 'write_ok' };
      case 'cas':
        return this.compareAndSet(key, body);
      default:
        return { type: 'error', code: 10, text: `no ${body.type} here` };
    }
  }

  private compareAndSet(key: string, body: PlainBody): PlainBody {
    if (!this.values.has(key)) {
      if (body['create_if_not_exists'] !== true) {
        return { type: 'error', code: 20, text: 'key does not exist' };
      }
    } else {
      const current = JSON.stringify(this.values.get(key));
      if (current !== JSON.stringify(body['from'])) {
        return { type: 'error', code: 22, text: `current value ${current} is another` };
      }
    }
    this.values.set(key, body['to']);
    return { type: 'cas_ok' };
  }
}
