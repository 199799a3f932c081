import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { ConnectionPool } from './connection.js';

/** The connections to the backend. */
@Injectable()
export class BackendPool implements OnApplicationShutdown {
  readonly dispatcher: Dispatcher = new ConnectionPool();

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
