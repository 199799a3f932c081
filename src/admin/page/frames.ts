/** The data of server-sent events called `snapshot`, as they come (HTML, section 9.2.6). */
export async function* framesOf(
  pieces: AsyncIterable<string>,
  onPiece: () => void = () => undefined,
): AsyncGenerator<string> {
  let waiting = '';
  for await (const piece of pieces) {
    onPiece();
    waiting += piece;
    for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
      const lines = waiting.slice(0, end).split('\n');
      waiting = waiting.slice(end + 2);
      const valuesOf = (field: string) =>
        lines.flatMap((line) =>
          line.startsWith(`${field}:`) ? [line.slice(field.length + 1).replace(/^ /, '')] : [],
        );
      const data = valuesOf('data');
      if (valuesOf('event').at(-1) === 'snapshot' && data.length > 0) yield data.join('\n');
    }
  }
}
