import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { answerBefore } from './pipelines.js';

describe('answerBefore', () => {
  let server: Server;
  let order: string[];

  const note = (what: string) => () => void order.push(what);
  /** Has all who listen hear of a request, as a server does. */
  const request = (): void => {
    const asked = new IncomingMessage(new Socket());
    server.emit('request', asked, new ServerResponse(asked));
  };
  const answering = (what: string, answers: boolean) => () => {
    order.push(what);
    return answers;
  };

  beforeEach(() => {
    order = [];
    server = createServer();
  });

  it('asks first, and keeps what is answered from all who listen', () => {
    server.on('request', note('first')).on('request', note('second'));
    answerBefore(server, answering('early', true));
    request();
    expect(order).toEqual(['early']);
  });

  it('leaves what is not answered to all who listen, in their order', () => {
    server.on('request', note('second')).prependListener('request', note('first'));
    answerBefore(server, answering('early', false));
    request();
    request();
    expect(order).toEqual(['early', 'first', 'second', 'early', 'first', 'second']);
  });

  it('hands on request and response, and the server as `this`', () => {
    const asked = new IncomingMessage(new Socket());
    const answered = new ServerResponse(asked);
    const heard: unknown[] = [];
    server.on('request', function (this: Server, ...passed) {
      heard.push(this, ...passed);
    });
    answerBefore(server, (...passed) => {
      heard.push(...passed);
      return false;
    });
    server.emit('request', asked, answered);
    expect(heard).toEqual([asked, answered, server, asked, answered]);
  });

  it('calls who listens for one request once', () => {
    server.once('request', note('once'));
    answerBefore(server, answering('early', false));
    request();
    request();
    expect(order).toEqual(['early', 'once', 'early']);
  });

  it('leaves a listener for one request waiting while it answers itself', () => {
    let answers = true;
    server.once('request', note('once'));
    answerBefore(server, () => answers);
    request();
    answers = false;
    request();
    expect(order).toEqual(['once']);
  });

  it('asks who came last first', () => {
    server.on('request', note('listener'));
    answerBefore(server, answering('inner', true));
    answerBefore(server, answering('outer', false));
    request();
    expect(order).toEqual(['outer', 'inner']);
  });

  it('keeps nothing from who listens later, before or after it', () => {
    answerBefore(server, answering('early', true));
    server.on('request', note('after')).prependListener('request', note('before'));
    request();
    expect(order).toEqual(['before', 'early', 'after']);
  });

  it('leaves other events alone', () => {
    server.on('connection', note('connection'));
    answerBefore(server, answering('early', true));
    server.emit('connection', new Socket());
    expect(order).toContain('connection');
  });
});
