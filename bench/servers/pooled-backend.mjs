// How the hand-written peers call the backend: undici, the fastest client there is, over kept connections.
import { Agent } from 'undici';

export class Backend {
  #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  /** @param {string} [origin] of the backend; left out: what the question has set */
  constructor(origin = process.env.BACKEND_URL) {
    this.origin = origin;
  }

  /** @param {string} path */
  async bytes(path) {
    const body = await this.#body(path);
    return Buffer.from(await body.arrayBuffer());
  }

  /** @param {string} path */
  async json(path) {
    const body = await this.#body(path);
    return body.json();
  }

  async #body(path) {
    const { statusCode, body } = await this.#agent.request({
      origin: this.origin,
      path,
      method: 'GET',
    });
    if (statusCode !== 200) throw new Error(`the backend answered ${statusCode}`);
    return body;
  }
}
