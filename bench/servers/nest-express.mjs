// Plain Nest on Express, everything as it comes.
import { ProductController } from './product-controller.mjs';
import { serveNest } from './nest-application.mjs';

await serveNest({ controllers: [ProductController] });
