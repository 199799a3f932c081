import { Injectable, NotFoundException } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';

/**
 * The service's OpenAPI document. It is made when somebody asks for it: `@nestjs/swagger` takes a fifth of a
 * second and 6 MB, which a start without readers does not pay.
 */
@Injectable()
export class ApiDocument {
  private app: INestApplication | undefined;
  private text: Promise<Buffer> | undefined;

  /** Says which application is described; its routes are looked at when the document is made. */
  of(app: INestApplication): void {
    this.app = app;
  }

  /** The document, in JSON. Made once. */
  json(): Promise<Buffer> {
    const { app } = this;
    if (app === undefined) throw new NotFoundException();
    this.text ??= this.make(app);
    return this.text;
  }

  private async make(app: INestApplication): Promise<Buffer> {
    const { describeService } = await import('./describe-service.js');
    return Buffer.from(`${JSON.stringify(describeService(app), undefined, 2)}\n`);
  }
}
