import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RoutesModule } from '../../routes/index.js';
import { products } from './products.route.js';
import type { ProductsLifetime } from './products.route.js';

@Module({})
export class ProductsModule {
  static forRoot(lifetime: ProductsLifetime): DynamicModule {
    return {
      module: ProductsModule,
      imports: [RoutesModule.forFeature([products(lifetime)])],
    };
  }
}
