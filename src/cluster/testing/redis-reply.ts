/** A reply as {@link readReply} understands it: strings instead of bytes, errors as errors. */
export type RedisReply = string | number | null | Error | readonly RedisReply[];

/** A command in the protocol of the store. */
export function encodeCommand(args: readonly (string | number)[]): string {
  const parts = args.map(String).map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return `*${parts.length}\r\n${parts.join('')}`;
}

/**
 * The reply at `offset` and where it ends, or `undefined` while it is not complete. So small that a test
 * does not have to trust the client that it tests.
 */
export function readReply(
  bytes: Buffer,
  offset = 0,
): { readonly reply: RedisReply; readonly end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', offset);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', offset + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[offset] ?? 0)) {
    case '-':
      return { reply: new Error(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$':
      return readBulk(bytes, end, Number(line));
    case '*':
      return readList(bytes, end, Number(line));
    default:
      return { reply: line, end };
  }
}

function readBulk(bytes: Buffer, start: number, length: number) {
  if (length < 0) return { reply: null, end: start };
  const end = start + length + 2;
  if (bytes.length < end) return undefined;
  return { reply: bytes.toString('utf8', start, start + length), end };
}

function readList(bytes: Buffer, start: number, length: number) {
  if (length < 0) return { reply: null, end: start };
  const replies: RedisReply[] = [];
  let end = start;
  for (let index = 0; index < length; index += 1) {
    const each = readReply(bytes, end);
    if (!each) return undefined;
    replies.push(each.reply);
    end = each.end;
  }
  return { reply: replies, end };
}
