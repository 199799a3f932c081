import { Controller, Get, NotFoundException, Param, Req, Res } from '@nestjs/common';
import { prepareAnswer, rawRequest, writeAnswer } from '../../http/index.js';
import type { AdapterRequest, AdapterResponse } from '../../http/index.js';
import { ApiDocument } from './api-document.js';
import { docsFile, docsPage } from './docs-page.js';

/** Of what is the same until the next release: a browser asks again after an hour. */
const CACHE_CONTROL = 'public, max-age=3600';

/** The OpenAPI document, and a page that shows it and lets its reader try it. */
@Controller()
export class OpenApiController {
  constructor(private readonly document: ApiDocument) {}

  @Get('openapi.json')
  async json(@Res() response: AdapterResponse): Promise<void> {
    write(response, 'application/json; charset=utf-8', await this.document.json());
  }

  @Get('docs')
  page(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    const { url = '' } = rawRequest(request);
    const [path = ''] = url.split('?');
    const { html, policy } = docsPage(path.endsWith('/') ? '..' : '.');
    write(response, 'text/html; charset=utf-8', html, ['Content-Security-Policy', policy]);
  }

  @Get('docs/:file')
  async file(@Param('file') name: string, @Res() response: AdapterResponse): Promise<void> {
    const file = await docsFile(name);
    if (file === undefined) throw new NotFoundException();
    write(response, file.type, file.body);
  }
}

function write(
  response: AdapterResponse,
  type: string,
  body: Buffer,
  more: readonly string[] = [],
): void {
  const own = ['Content-Type', type, 'Cache-Control', CACHE_CONTROL];
  own.push('X-Content-Type-Options', 'nosniff', ...more);
  writeAnswer(response, prepareAnswer({ status: 200, headers: [], cookies: [], body }, own));
}
