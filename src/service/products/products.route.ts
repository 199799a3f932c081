import * as z from 'zod';
import { backendUrl, csv, defineRoute } from '../../routes/index.js';

/** An id is what was sent, space and all: ids that differ are different products. */
const productId = z
  .string('must be given once')
  .refine((id) => id.trim() !== '', 'must not be blank')
  .refine((id) => id !== '.' && id !== '..', 'must not be a dot segment');

/** What the environment must hold for {@link products}. */
export interface ProductsEnvironment {
  readonly PRODUCT_API_BASE: string;
}

/** How long products live; the service takes it from its settings. */
export interface ProductsLifetime {
  readonly freshMs: number;
  readonly staleMs: number;
}

/**
 * `GET /products?productId=SKU123&fields=name,price`: the example of a route. The order of the fields,
 * and how often one is named, make no difference. What there is of a product is dropped by the name of its
 * coalescer (`RouteResponder.purge`): it needs no tag beside that.
 */
export function products(lifetime: ProductsLifetime) {
  return defineRoute({
    path: '/products',
    params: z.object({ productId, fields: csv().optional() }),
    key: ({ productId, fields }) => [productId, fields],
    coalescer: ({ productId }) => productId,
    backend: ({ productId, fields }, env: ProductsEnvironment) =>
      backendUrl(env.PRODUCT_API_BASE, ['products', productId], { fields }),
    ...lifetime,
  });
}
