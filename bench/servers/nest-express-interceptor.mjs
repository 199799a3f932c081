// Plain Nest on Express with one interceptor that does nothing.
import { UseInterceptors } from '@nestjs/common';
import { ProductController } from './product-controller.mjs';
import { serveNest } from './nest-application.mjs';

class PassThrough {
  intercept(_context, next) {
    return next.handle();
  }
}

UseInterceptors(PassThrough)(ProductController);
await serveNest({ controllers: [ProductController] });
