// The route of a hot hit as a plain Nest controller has it: it returns an object that is there already.
import { Get } from '@nestjs/common';
import { SMALL_BODY } from './body.mjs';
import { controller } from './nest-application.mjs';

const PRODUCT = JSON.parse(SMALL_BODY.toString());

export const ProductController = controller(
  class {
    find() {
      return PRODUCT;
    }
  },
  { find: [Get('products')] },
);
