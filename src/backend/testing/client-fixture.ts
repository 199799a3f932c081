import { afterEach, beforeEach } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import type { BackendModuleOptions, BackendTransportName } from '../backend.options.js';
import { BackendClient } from '../backend.client.js';
import { BackendModule } from '../backend.module.js';
import { RawBackend } from './raw-backend.js';

/** The transports there are. */
export const TRANSPORTS: readonly BackendTransportName[] = ['http-service', 'undici'];

/** A signal that nobody aborts. */
export const never = new AbortController().signal;

/** A raw backend and clients of it, anew for each test of the suite that makes it. */
export class ClientFixture {
  backend!: RawBackend;
  app!: TestingModule;
  client!: BackendClient;

  constructor(private readonly transport: BackendTransportName) {
    beforeEach(async () => {
      this.backend = await RawBackend.start();
    });
    afterEach(async () => {
      await this.app.close();
      await this.backend.close();
    });
  }

  /** Makes the client; the backend is its base unless the options say otherwise. */
  async connect(options: BackendModuleOptions = {}): Promise<BackendClient> {
    const { transport, backend } = this;
    this.app = await Test.createTestingModule({
      imports: [BackendModule.forRoot({ baseUrl: backend.url, transport, ...options })],
    }).compile();
    this.client = this.app.get(BackendClient);
    return this.client;
  }
}
