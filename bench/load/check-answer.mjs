// Whether a server really answers what it is measured with.
import assert from 'node:assert/strict';

/**
 * Asks twice, the second time as a hit, and throws where the answer is not the one expected.
 *
 * @param {import('../servers/start/server-process.mjs').ServerProcess} server
 * @param {string} path
 * @param {Buffer} body
 * @param {Readonly<Record<string, RegExp>>} [headers] of the second answer
 */
export async function checkAnswer(server, path, body, headers = {}) {
  for (const isSecond of [false, true]) {
    const answer = await fetch(`${server.origin}${path}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const told = `${server.name}, ${path}`;
    assert.equal(answer.status, 200, told);
    assert.ok(bytes.equals(body), `${told}: another body: ${bytes.subarray(0, 300)}`);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, told);
    if (!isSecond) continue;
    for (const [name, value] of Object.entries(headers)) {
      assert.match(answer.headers.get(name) ?? '', value, `${told}: ${name}`);
    }
  }
}
