import { Global, Inject, Injectable, Logger, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import {
  GatewayService,
  RuleFileError,
  RuleReload,
  durationMs,
  readRuleFile,
} from '../gateway/index.js';
import type { RuleFile, RuleFileState, RuleSurroundings } from '../gateway/index.js';
import { runtimeOf, up } from '../ground/index.js';
import type { HealthResult } from '../ground/index.js';
import { OBSERVED } from '../module-options/index.js';
import { ConfigurationError } from './config/index.js';
import type { Settings } from './config/index.js';

/** Injection token of the rules that the service starts with. */
const FIRST_RULES = 'breakwater:service:first-rules';

/** Injection token of what is set beside them. */
const SURROUNDINGS = 'breakwater:service:rule-surroundings';

/** What anybody may know of the rule file. */
interface BriefRulesReport {
  readonly valid: boolean;
}

/** Has the gateway follow its rule file, and tells of that in `/health`. */
@Injectable()
export class GatewayRules implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly reload: RuleReload;

  constructor(
    @Inject(GatewayService) gateway: GatewayService,
    @Inject(FIRST_RULES) rules: RuleFile,
    @Inject(SURROUNDINGS) around: RuleSurroundings,
  ) {
    gateway.use(rules.set);
    this.reload = new RuleReload(rules, around, {
      runtime: runtimeOf(),
      use: ({ set }) => gateway.use(set),
      log: new Logger('GatewayRules'),
    });
  }

  onApplicationBootstrap(): void {
    this.reload.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reload.stop();
  }

  get state(): RuleFileState {
    return this.reload.state;
  }

  get reloads(): RuleReload['reloads'] {
    return this.reload.reloads;
  }

  check(): HealthResult<'rules', 'up', RuleFileState> {
    return up('rules', this.reload.state);
  }

  /** Always up: a file that is not valid keeps the rules before it. */
  brief(): HealthResult<'rules', 'up', BriefRulesReport> {
    return up('rules', { valid: this.reload.state.valid });
  }
}

/** {@link GatewayRules} for whoever asks. */
@Global()
@Module({})
class GatewayRulesModule {}

/**
 * The rules of the service's gateway, for settings with `PROXY_RULES`.
 *
 * @throws {ConfigurationError} with all that is wrong with the file
 */
export async function gatewayRules(settings: Settings): Promise<DynamicModule> {
  const { PROXY_RULES = '', PROXY_TO, PROXY_TRUST, PROXY_HOST, PROXY_DEFAULT_FRESH } = settings;
  const around: RuleSurroundings = {
    to: PROXY_TO,
    trust: PROXY_TRUST,
    host: PROXY_HOST,
    defaultFreshMs: PROXY_DEFAULT_FRESH === undefined ? undefined : durationMs(PROXY_DEFAULT_FRESH),
  };
  let rules: RuleFile;
  try {
    rules = await readRuleFile(PROXY_RULES, around);
  } catch (error) {
    if (error instanceof RuleFileError) throw new ConfigurationError(error.problems);
    throw error;
  }
  return {
    module: GatewayRulesModule,
    providers: [
      { provide: FIRST_RULES, useValue: rules },
      { provide: SURROUNDINGS, useValue: around },
      GatewayRules,
      { provide: OBSERVED.rules, useExisting: GatewayRules },
    ],
    exports: [GatewayRules, OBSERVED.rules],
  };
}
