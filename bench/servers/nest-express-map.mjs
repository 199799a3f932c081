// Plain Nest on Express with what is commonly written by hand: a Map of promises, of parsed objects.
import { Get, Param } from '@nestjs/common';
import { controller, serveNest } from './nest-application.mjs';
import { Backend } from './pooled-backend.mjs';

const backend = new Backend();
const flights = new Map();

const DataController = controller(
  class {
    find(key) {
      let known = flights.get(key);
      if (!known) {
        known = backend.json(`/backend/${key}`).finally(() => flights.delete(key));
        flights.set(key, known);
      }
      return known;
    }
  },
  { find: [Get('api/data/:key'), [0, Param('key')]] },
);

await serveNest({ controllers: [DataController] });
