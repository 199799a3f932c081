import { Controller, Get, InternalServerErrorException, Param } from '@nestjs/common';
import { UseCircuitBreaker } from 'breakwater';
import { RatesService } from './rates.service.js';
import type { Rate } from './rates.service.js';

@Controller()
export class RatesController {
  constructor(private readonly rates: RatesService) {}

  @Get('rates/:pair')
  rate(@Param('pair') pair: string): Promise<Rate> {
    return this.rates.rate(pair);
  }

  @Get('decorated/:pair')
  decorated(@Param('pair') pair: string): Promise<Rate> {
    return this.rates.decorated(pair);
  }

  @Get('failing')
  @UseCircuitBreaker('failing')
  failing(): never {
    throw new InternalServerErrorException();
  }
}
